// The look of what stands around the canvas.
import { MATH, UI } from "./text.js";

const STYLE = `
.jp-Cell:has(.stage) .jp-OutputArea-child:has(.curvkit-still),.curvkit-live .curvkit-still{display:none}
.stage-failed{font:15px/1.5 ${UI};color:#c8372d;padding:8px 0}
.stage{position:relative;font:15px/1.5 ${UI};color:var(--ink);background:var(--paper);border-radius:10px;padding:6px 4px 10px;-webkit-font-smoothing:antialiased;container-type:inline-size;overflow:hidden}
.stage *{box-sizing:border-box}
.stage i{font:italic 1.1em ${MATH}}
.stage sub{font-size:.72em;line-height:0}
.stage h3{font-size:19px;line-height:1.3;font-weight:650;letter-spacing:-.012em;margin:6px 16px 2px;color:var(--ink)}
.stage p{margin:0 16px 10px;max-width:118ch;color:var(--muted);font-variant-numeric:tabular-nums;text-wrap:pretty}
.stage p .together{white-space:nowrap}
.stage p b{color:var(--ink);font-weight:600;display:inline-block;text-align:right}
.stage .turn{color:var(--ink);font-weight:650;cursor:ew-resize;border-bottom:2px dotted var(--unstable);padding:0 2px;touch-action:none;user-select:none;-webkit-user-select:none;border-radius:3px;display:inline-block;text-align:center}
.stage .turn:hover,.stage .turn.on{background:color-mix(in srgb,var(--unstable) 13%,transparent)}
.stage .hold{position:relative;touch-action:pan-y pinch-zoom;user-select:none;-webkit-user-select:none}
.stage canvas{display:block}
.stage .hold>canvas{position:relative;width:100%}
.stage .hold>canvas.under{position:absolute;width:auto}
.stage .grip{position:absolute;width:44px;height:44px;margin:-22px;border-radius:50%;touch-action:none;cursor:grab}
.stage .pad{position:absolute;touch-action:none;cursor:crosshair}
.stage .aim{position:absolute;inset:auto;pointer-events:none;border-radius:6px}
.stage :focus-visible{outline:2px solid var(--stable);outline-offset:2px}
.stage .beat{position:absolute;pointer-events:none;font-size:15.5px;line-height:1.38;color:var(--ink);transition:opacity .25s;text-wrap:balance}
.stage .question{margin:0 16px;overflow:hidden;color:var(--ink);font-size:15.5px;line-height:1.38;height:0}
.stage .question:not(:empty){height:auto}
.stage .question.calmly{transition:height .35s ease;interpolate-size:allow-keywords}
.stage .question .whole{display:flex;flex-wrap:wrap;gap:6px 16px;align-items:center;padding:8px 12px;border:1px solid var(--faint);border-radius:10px;margin-bottom:8px}
.stage .question .answers{display:flex;flex-wrap:wrap;gap:6px}
.stage .question button{padding:3px 14px;border:1px solid var(--muted);font-size:14px;text-align:left;border-radius:12px;line-height:1.3}
.stage .question button:hover{border-color:var(--ink);background:var(--ink);color:var(--paper)}
.stage .question .skip{border-color:transparent;color:var(--muted)}
.stage .controls{display:flex;flex-wrap:wrap;gap:6px 28px;margin:0 16px 10px;align-items:flex-start}
.stage .control{flex:1 1 240px;max-width:460px;display:grid;grid-template-columns:1fr auto;gap:0 10px;font-size:13.5px;color:var(--muted)}
.stage .control output{color:var(--ink);font-weight:600;font-variant-numeric:tabular-nums}
.stage .control .slide{grid-column:1/3;display:grid;grid-template-columns:auto 1fr auto;gap:6px;align-items:center;font-size:11.5px;font-variant-numeric:tabular-nums}
.stage .control .slide .end{color:var(--muted);border-radius:4px;min-height:22px;padding:0 2px}
.stage .control .slide .end:hover{color:var(--ink)}
.stage .control input[type=range]{width:100%;min-width:0;margin:2px 0;accent-color:var(--ink);height:22px}
.stage .control .choices{grid-column:1/3;display:flex;flex-wrap:wrap;gap:4px}
.stage .control .choices button,.stage .tries button{border:1px solid var(--faint);padding:3px 12px;font-size:13.5px;color:var(--muted)}
.stage .control .choices button[aria-pressed=true]{background:var(--ink);color:var(--paper);border-color:var(--ink)}
.stage .tries button[aria-pressed=true]{color:var(--ink);border-color:var(--ink)}
.stage .control select{grid-column:1/3;font:inherit;color:var(--ink);background:var(--paper);border:1px solid var(--faint);border-radius:6px;height:28px;padding:0 8px}
.stage .refused{grid-column:1/3;color:var(--bad);font-size:13px;line-height:1.35}
.stage p .refused:not(:empty){margin-left:6px}
.stage .beside:not(:empty){position:absolute;z-index:1;pointer-events:none;padding:3px 8px;border-radius:6px;background:var(--paper);box-shadow:0 0 0 1px var(--bad)}
.stage .tries{display:flex;flex-wrap:wrap;gap:6px;margin:0 16px 10px;align-items:center;font-size:13.5px;color:var(--muted)}
.stage .tries button:hover,.stage .control .choices button:not([aria-pressed=true]):hover{color:var(--ink);border-color:var(--muted)}
.stage .bar{display:flex;align-items:center;gap:12px;margin:2px 16px 0}
.stage button{all:unset;box-sizing:border-box;cursor:pointer;color:var(--ink);border-radius:99px;text-align:center}
.stage button[hidden]{display:none}
.stage button:focus-visible{outline:2px solid var(--stable);outline-offset:2px}
.stage .play{width:40px;height:40px;flex:none;background:var(--ink);color:var(--paper);display:grid;place-items:center;transition:transform .12s}
.stage .play:hover{transform:scale(1.06)}
.stage .play svg{width:16px;height:16px;fill:currentColor}
.stage .track{position:relative;flex:1;height:40px;cursor:pointer;touch-action:none;border-radius:6px}
.stage .track canvas{position:absolute;inset:0;height:100%;width:100%}
.stage .pace,.stage .mode{flex:none;font-size:12.5px;color:var(--muted);min-width:92px;height:32px;padding:0 10px;border:1px solid var(--faint);line-height:30px;font-variant-numeric:tabular-nums;white-space:nowrap}
.stage .ask{flex:none;width:32px;height:32px;line-height:30px;font-size:14px;color:var(--muted);border:1px solid var(--faint)}
.stage .pace:hover,.stage .mode:hover,.stage .ask:hover{color:var(--ink);border-color:var(--muted)}
.stage .pace.slow{color:var(--unstable);border-color:currentColor}
.stage .lacking{font-size:12.5px;align-self:center;padding-left:4px}
.stage .tabs button[aria-selected=true]{background:var(--ink);color:var(--paper);border-color:var(--ink)}
.stage .elsewhere,.stage .merits{font-size:13px}
.stage .bar input[type=range]{flex:1 1 120px;min-width:80px;accent-color:var(--ink)}
.stage.curvkit-panel{overflow:visible}
.stage.curvkit-panel [hidden]{display:none}
.stage.curvkit-panel .bar{flex-wrap:wrap}
.stage.curvkit-panel .bar .mode:nth-child(5){min-width:138px}
.stage.curvkit-panel .words b{display:inline}
.stage.curvkit-panel .figure{margin:0 16px 4px}
.stage.curvkit-panel .status{margin-bottom:6px}
.stage button:disabled{opacity:.45;cursor:default}
.stage .status{margin:2px 16px 0;font-size:13px;color:var(--muted);min-height:1.5em}
.stage .status.bad{color:var(--bad)}
.stage .hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@container (max-width:560px){.stage h3{font-size:17px;margin:4px 12px 2px}.stage p{font-size:14px;margin:0 12px 8px}.stage .question{font-size:14.5px;margin:0 12px}.stage .beat{font-size:14px;line-height:1.35}.stage .bar{margin:2px 12px 0;gap:8px;flex-wrap:wrap}.stage .track{min-width:110px}.stage .bar input[type=range]{flex-basis:56px;min-width:56px}.stage.curvkit-panel .bar .mode:first-child{min-width:80px}.stage.curvkit-panel .bar .mode:nth-child(3){min-width:60px}.stage.curvkit-panel .bar .mode:nth-child(5){min-width:134px}.stage .pace{min-width:64px;padding:0 6px}.stage .mode{min-width:0;padding:0 8px}.stage .controls,.stage .tries{margin:0 12px 8px}}
@media (prefers-reduced-motion:reduce){.stage .play,.stage .question.calmly{transition:none}}`;

export const ICONS = {
  play: '<svg viewBox="0 0 16 16"><path d="M3.5 1.6v12.8L14 8z"/></svg>',
  pause: '<svg viewBox="0 0 16 16"><path d="M3 2h3.6v12H3zM9.4 2H13v12H9.4z"/></svg>',
  again: '<svg viewBox="0 0 16 16"><path d="M8 2.5a5.5 5.5 0 1 1-5.3 4h2.1a3.5 3.5 0 1 0 3.2-2V7L3.6 3.6 8 .2z"/></svg>',
};

export function addStyle() {
  if (document.getElementById("stage-style")) return;
  const style = document.createElement("style");
  style.id = "stage-style";
  style.textContent = STYLE;
  document.head.append(style);
}

// An element of a class, within another.
export function element(tag, name, parent, more = {}) {
  const e = Object.assign(document.createElement(tag), { className: name, ...more });
  parent.append(e);
  return e;
}
