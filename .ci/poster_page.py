"""What a page is told while its frames are taken: how it looks, and where its clock stands."""

# Only what plays: nothing to turn, nothing to press, nothing that fades by a clock of its own.
STYLE = """
html, body, .page, main { background: transparent !important; margin: 0 !important;
  padding: 0 !important; max-width: none !important; }
.stage { border: 1px solid #d5dae1; border-radius: 10px; padding: 8px 4px 4px !important; }
.stage p, .stage .bar, .stage .status { display: none !important; }
.stage * { transition: none !important; }
"""
# Takes the clock away from the stage, and gives back at which rows its frames are: as the clock
# plays them, in `frames` steps of one length.
TAKE = """([frames, until]) => {
  const S = stages[0], { clock, store } = S, last = Math.round(until * store.last), times = [];
  cancelAnimationFrame(S.raf);
  S.wake = () => {};
  S.tell = () => {};
  globalThis.setTimeout = (run) => run(); // words do not fade
  S.calm = false;
  S.detail.note = () => false; // all is drawn, however long a frame takes
  Object.assign(clock, { t: 0, playing: true, speed: 1, rate: 0 });
  while (clock.playing && clock.t < last && times.length < 1e6) {
    times.push(clock.t);
    clock.tick(1 / 60, false);
  }
  times.push(last);
  clock.tick = () => false;
  // The stamps of a crowd stand on whole pixels: alike, they are small in a file.
  const draw = S.ctx.drawImage.bind(S.ctx);
  S.ctx.drawImage = (made, x, y, ...size) => (
    made.width > 64 ? draw(made, x, y, ...size)
    : size[0] > 1.2 * made.width ? draw(made, Math.round(x), Math.round(y), ...size.map(Math.round))
    : draw(made, Math.round(x), Math.round(y), made.width, made.height));
  const chosen = (k) => times[Math.round((k / (frames - 1)) * (times.length - 1))];
  return Array.from({ length: frames }, (_, k) => chosen(k));
}"""
SHOW = """([t, now, ends]) => {
  const S = stages[0];
  Object.assign(S.clock, { t, playing: !ends });
  Object.assign(S, { said: null, saidAt: -1e9 });
  for (let k = 0; k < (ends ? 40 : 1); k++) S.frame(now + 60 * k);
  return S.beatBox.innerHTML;
}"""
SAY = "(words) => { stages[0].beatBox.innerHTML = words; }"
