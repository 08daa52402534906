/** What the explorer's style adds to that of the report pages. */
export const explorerStyle = /* css */ `
.soft { color: var(--soft); font-size: 0.9rem; margin: 0 0 0.35rem; }
.error { color: var(--error); min-height: 1.5em; }
.error:empty { min-height: 0; margin: 0; }
:root { --error: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --error: #ff8a80; } }
.dragged { outline: 3px dashed var(--accent); outline-offset: -8px; }
.chooser { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; margin: 1rem 0 0; }
.button, select {
  display: inline-block; border: 1px solid var(--line); border-radius: 8px; background: var(--card); color: var(--ink);
  padding: 0.4rem 0.8rem; font: inherit; font-size: 0.9rem; cursor: pointer; position: relative; min-height: 2.4rem;
}
.button:hover { border-color: var(--accent); }
.button:disabled { opacity: 0.5; cursor: default; }
.button input[type='file'] { position: absolute; inset: 0; opacity: 0; width: 100%; cursor: pointer; }
.button:focus-within { outline: 2px solid var(--accent); outline-offset: 2px; }
.toolbar { align-items: center; gap: 1rem; }
.comparison {
  display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(calc(50% - 0.5rem), 15rem), 1fr)); align-items: start;
}
.shown { min-width: 0; }
.shown h3, .strip-row h3 { overflow-wrap: anywhere; }
.frame { display: block; position: relative; overflow: hidden; border-radius: 6px; background: var(--line); aspect-ratio: 1; }
.frame canvas { display: block; width: 100%; height: 100%; image-rendering: pixelated; }
.magnified { margin-top: 0.5rem; border: 2px solid var(--key, var(--ink)); }
.lens { left: auto; top: auto; width: auto; height: auto; }
.figures { display: block; margin: 0.75rem 0; }
.figures > div { display: flex; justify-content: space-between; gap: 1rem; border-bottom: 1px solid var(--line); padding: 0.15rem 0; }
.figures dd { color: var(--ink); font-variant-numeric: tabular-nums; text-align: right; }
.tools { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); align-items: start; }
.planes { display: grid; gap: 0.5rem; grid-template-columns: repeat(auto-fill, minmax(4.5rem, 1fr)); }
.planes button { text-align: left; font-size: 0.75rem; color: var(--soft); }
.planes button[aria-pressed='true'] .frame { outline: 2px solid var(--accent); outline-offset: 1px; }
.paint { touch-action: none; cursor: crosshair; aspect-ratio: auto; }
.sliders { display: grid; gap: 0.6rem; }
.sliders label { display: grid; grid-template-columns: 7.5rem 1fr 4rem; gap: 0.6rem; align-items: center; font-size: 0.9rem; }
.sliders output { text-align: right; font-variant-numeric: tabular-nums; }
input[type='range'] { width: 100%; accent-color: var(--accent); min-height: 1.75rem; }
.cursor { position: absolute; pointer-events: none; border: 2px solid #fff; box-shadow: 0 0 0 1px #000; }
.strip-row { margin-top: 1rem; }
.strip { display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; gap: 0.25rem; }
.between { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(calc(50% - 0.5rem), 12rem), 18rem)); }
`;
