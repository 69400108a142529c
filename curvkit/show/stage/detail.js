// How much of a picture is drawn while it plays: less where frames come too seldom, all again where
// they come easily, and all whenever it stands still.
import { sparse } from "./lines.js";
import { write } from "./text.js";

// Frames a second below which less is drawn, and above which more is tried; over so many milliseconds.
const [SELDOM, OFTEN, JUDGED_OVER] = [34, 52, 700];
// A frame that comes later was held up by something else: by a tab that was hidden, say.
const HELD_UP = 600;
// Milliseconds after which more is tried; twice as many each time that it was too much.
const [EASED_AFTER, EASED_AFTER_MOST] = [4000, 64000];
// By level: dots of the canvas by pixel at most, rows of a curve by pixel, items of a crowd as one
// in so many, and frames as one in so many at which words and controls follow.
const LEVELS = [
  { ratio: 3, rows: 1, every: 1, words: 1 },
  { ratio: 1.5, rows: 0.5, every: 1, words: 3 },
  { ratio: 1, rows: 0.3, every: 2, words: 6 },
  { ratio: 0.75, rows: 0.2, every: 3, words: 8 },
];

export class Detail {
  constructor() {
    Object.assign(this, { reached: 0, level: 0, frames: [], count: 0, patience: EASED_AFTER, since: 0, eased: -Infinity });
  }
  // Notes a frame at `now`; whether from here on another level is drawn.
  note(now, playing) {
    const { frames } = this, before = this.level;
    this.count++;
    if (!playing || now - frames[frames.length - 1] > HELD_UP) frames.length = 0;
    if (playing) {
      frames.push(now);
      if (now - frames[0] >= JUDGED_OVER) {
        this.judge(now, (1000 * (frames.length - 1)) / (now - frames[0]));
        while (now - frames[0] >= JUDGED_OVER) frames.shift();
      }
    }
    this.level = playing ? this.reached : 0;
    return this.level !== before;
  }
  judge(now, rate) {
    if (rate < SELDOM && this.reached < LEVELS.length - 1) {
      if (now - this.eased < 2 * EASED_AFTER) this.patience = Math.min(2 * this.patience, EASED_AFTER_MOST);
      this.to(this.reached + (rate < SELDOM / 2 && this.reached < LEVELS.length - 2 ? 2 : 1), now);
    } else if (rate > OFTEN && this.reached > 0 && now - this.since > this.patience) {
      this.eased = now;
      this.to(this.reached - 1, now);
    }
  }
  to(level, now) {
    this.reached = level;
    this.since = now;
    this.frames.length = 0;
  }
  get ratio() {
    return LEVELS[this.level].ratio;
  }
  // Rows that a curve may have in so many pixels.
  rows(pixels) {
    return pixels * LEVELS[this.level].rows;
  }
  // Of a crowd one in so many is drawn.
  get every() {
    return LEVELS[this.level].every;
  }
  // Whether words and controls follow at this frame.
  get words() {
    return this.count % LEVELS[this.level].words === 0;
  }
}

// Says in the picture that not all of it is drawn.
export function drawSparse(S) {
  const most = Math.max(...S.views.flatMap((v) => (v.hiddenNow ? [] : v.marks.filter(crowded).map((m) => sparse(S, m)))));
  if (!(most > 1)) return;
  const look = { size: 11, align: "right", color: S.palette.role("muted"), halo: S.palette.role("paper") };
  write(S.ctx, `while it plays, one point in ${most} is drawn`, S.width - 8, S.height - 5, look);
}
const crowded = (m) => m.mark === "dots" || (m.mark === "line" && m.fade);
