/** What the style of a training's page adds to that of the report pages. */
export const watchStyle = /* css */ `
:root { --warning: #8a4b00; --warning-paper: #fff4e0; --error: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --warning: #ffc46b; --warning-paper: #33270f; --error: #ff8a80; } }
h1 { overflow-wrap: anywhere; }
.lost { color: var(--error); }
.warnings { list-style: none; margin: 1rem 0 0; padding: 0; max-width: 50em; }
.warnings li {
  background: var(--warning-paper); color: var(--warning); border-left: 4px solid var(--warning);
  border-radius: 6px; padding: 0.5rem 0.8rem; margin: 0.5rem 0; overflow-wrap: anywhere;
}
.charts { grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); }
.chart h3 { font-size: 1rem; }
.chart .drawn { min-height: 200px; margin-top: 0.4rem; }
.chart .drawn svg { margin-top: 0; overflow: visible; }
.chart .line-sample { width: 30px; height: 6px; margin: 0 0.4em 0 0; }
.chart figcaption { margin-top: 0.3rem; overflow-wrap: anywhere; }
.figures-at { font-variant-numeric: tabular-nums; }
.controls { display: flex; flex-wrap: wrap; gap: 0.75rem 1.5rem; align-items: center; margin: 0.75rem 0 0; }
.controls fieldset { align-items: center; }
.controls legend { float: left; padding: 0.25rem 0.5rem; font-size: 0.9rem; color: var(--soft); }
.reader { display: grid; grid-template-columns: auto minmax(8rem, 22rem) auto; gap: 0.6rem; align-items: center; font-size: 0.9rem; }
.reader output { font-variant-numeric: tabular-nums; min-width: 6em; }
input[type='range'] { width: 100%; accent-color: var(--accent); min-height: 1.75rem; }
.sample { margin: 0.75rem 0 0; }
.sample img {
  display: block; width: 100%; max-width: 62rem; height: auto; image-rendering: pixelated; border-radius: 6px;
  background: var(--line);
}
summary { cursor: pointer; margin: 0.75rem 0 0.25rem; }
@media (max-width: 40rem) { .reader { grid-template-columns: 1fr auto; } .reader label { grid-column: 1 / -1; } }
`;
