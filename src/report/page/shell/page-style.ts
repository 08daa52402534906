/** The page's style sheet: light, dark and print, one column on a phone. */
export const pageStyle = /* css */ `
:root {
  color-scheme: light dark;
  --paper: #fbfaf8; --card: #ffffff; --ink: #1d1f23; --soft: #63676f; --line: #e3e1dc; --accent: #2461c9;
  --model-0: #2a6fdb; --model-1: #e0692b; --model-2: #2a9d72; --model-3: #a352c0; --model-4: #c49a1a;
  --model-5: #d4435a;
  --model-6: #1f9bb5; --model-7: #7a6ad8; --model-8: #7d8f2a; --model-9: #b5602f; --model-10: #c25a99;
  --model-11: #5c7080; --model-12: #17603f; --model-13: #8c2f5e; --model-14: #3a4fa0; --model-15: #6b4a1e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #131519; --card: #1b1e24; --ink: #e9e8e4; --soft: #9ea3ad; --line: #31353d; --accent: #7aa9f7;
    --model-0: #5b98f5; --model-1: #f58b52; --model-2: #45bf92; --model-3: #c27fdd; --model-4: #dcb640;
    --model-5: #ef6b80;
    --model-6: #45bdd8; --model-7: #9d8ff0; --model-8: #a6b950; --model-9: #d68556; --model-10: #e07fb9;
    --model-11: #8da2b3; --model-12: #7fd6a8; --model-13: #d98ab4; --model-14: #93a4ee; --model-15: #c9a877;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 2.5rem 1.25rem 3rem; }
h1 {
  font-size: clamp(1.7rem, 4.6vw, 2.9rem); line-height: 1.12; letter-spacing: -0.02em; margin: 0.4rem 0 1rem;
  max-width: 24em; text-wrap: balance;
}
h2 { font-size: 1.3rem; letter-spacing: -0.01em; margin: 3.25rem 0 0.25rem; }
h3 { font-size: 1rem; margin: 0 0 0.1rem; }
p { margin: 0.4rem 0; }
.kicker { color: var(--soft); font-size: 0.85rem; letter-spacing: 0.06em; text-transform: uppercase; margin: 0; }
.answer { font-size: 1.1rem; max-width: 50em; }
.verdicts { max-width: 50em; margin: 0 0 0.8rem; padding-left: 1.2em; font-size: 1.1rem; }
.verdicts li { margin: 0.35rem 0; }
.answer b, h1 b { font-weight: inherit; }
.unbroken { white-space: nowrap; }
.answer b { font-weight: 650; }
.hint, figcaption, .note { color: var(--soft); font-size: 0.9rem; }
.key {
  display: inline-block; width: 0.7em; height: 0.7em; border-radius: 2px; margin-right: 0.4em;
  background: var(--key, transparent);
}
.key.original { background: none; border: 2px solid var(--ink); }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }

.contents { display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; margin-top: 1.2rem; font-size: 0.95rem; }
.contents a { color: var(--accent); }
.line-sample { width: 30px; height: 6px; margin-left: 0.4em; vertical-align: middle; }

.toolbar { display: flex; flex-wrap: wrap; gap: 0.5rem; margin: 0.75rem 0; }
.toolbar fieldset {
  display: flex; border: 1px solid var(--line); border-radius: 8px; padding: 2px; margin: 0;
  background: var(--card);
}
.toolbar button { padding: 0.25rem 0.8rem; border-radius: 6px; font-size: 0.9rem; color: var(--soft); }
.toolbar button[aria-pressed='true'] { background: var(--ink); color: var(--paper); }

.panes { display: grid; gap: 0 0.75rem; grid-template-columns: repeat(var(--panes), minmax(0, 1fr)); }
.many .panes { grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); }
@media (min-height: 40rem) {
  .many .pane:first-child { position: sticky; top: 0; z-index: 1; align-self: start; background: var(--paper); }
}
.pane { min-width: 0; margin: 0 0 0.75rem; display: grid; grid-template-rows: subgrid; grid-row: span 4; }
.pane h3 { display: flex; align-items: baseline; flex-wrap: wrap; overflow-wrap: anywhere; }
.pane .figure { color: var(--soft); font-size: 0.9rem; margin: 0 0 0.35rem; }
.picture, .crop {
  display: block; position: relative; overflow: hidden; width: 100%; border-radius: 6px; background: var(--line);
}
html:not([data-ready]) .crop { display: none; }
.picture { cursor: crosshair; touch-action: pan-y; }
.picture img, .cell img { display: block; width: 100%; height: auto; }
.crop { margin-top: 0.5rem; aspect-ratio: var(--aspect); border: 2px solid var(--key, var(--ink)); }
.crop img {
  position: absolute; max-width: none; width: calc(100% / var(--lens-width));
  left: calc(-100% * var(--lens-left) / var(--lens-width)); top: calc(-100% * var(--lens-top) / var(--lens-height));
}
.lens {
  position: absolute; pointer-events: none; border: 2px solid #fff;
  box-shadow: 0 0 0 1px #0009, inset 0 0 0 1px #0006; left: calc(100% * var(--lens-left));
  top: calc(100% * var(--lens-top)); width: calc(100% * var(--lens-width)); height: calc(100% * var(--lens-height));
}
.pixels img { image-rendering: pixelated; }
.badge {
  position: absolute; left: 0.4rem; bottom: 0.4rem; padding: 0 0.45rem; border-radius: 4px; font-size: 0.75rem;
  background: #000b; color: #fff; opacity: 0;
}
.showing-original .badge { opacity: 1; }

.gallery {
  display: grid; gap: 1.1rem 2rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr));
  margin-top: 0.75rem;
}
.row {
  display: grid; gap: 0.4rem; grid-template-columns: repeat(var(--panes), minmax(0, 1fr)); align-items: start;
  break-inside: avoid;
}
.cell {
  display: block; width: 100%; position: relative; text-align: left; font-size: 0.78rem; line-height: 1.35;
  color: var(--soft); overflow-wrap: anywhere;
}
.cell .frame { display: block; position: relative; border-radius: 5px; overflow: hidden; margin-bottom: 0.2rem; }
.cell .key { width: 0.6em; height: 0.6em; }
.many .gallery { grid-template-columns: 1fr; }
.many .row { grid-template-columns: repeat(auto-fill, minmax(6.8rem, 1fr)); }
.row.selected .frame { outline: 2px solid var(--accent); outline-offset: 1px; }

.charts {
  display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr));
  margin-top: 0.9rem;
}
.chart {
  margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.1rem;
  break-inside: avoid;
}
.chart svg { --plot-background: transparent; width: 100%; height: auto; margin-top: 0.6rem; }
.legend {
  display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; margin: 0.6rem 0 0; padding: 0; list-style: none;
  font-size: 0.9rem;
}

.scroll {
  overflow-x: auto; margin-top: 0.9rem; border: 1px solid var(--line); border-radius: 10px; background: var(--card);
}
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td {
  padding: 0.5rem 0.75rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap;
  vertical-align: top;
}
tbody tr:last-child > * { border-bottom: 0; }
th:first-child { text-align: left; position: sticky; left: 0; background: var(--card); }
tbody th { font-weight: 600; }
thead th { font-weight: 500; color: var(--soft); vertical-align: bottom; }
thead button::after { content: ' ↕'; opacity: 0.35; }
th[aria-sort='ascending'] button::after { content: ' ↑'; opacity: 1; }
th[aria-sort='descending'] button::after { content: ' ↓'; opacity: 1; }
td small { display: block; color: var(--soft); }
td strong { font-weight: 650; }

.cause { margin-top: 2rem; }
.cause > h3 { font-size: 1.1rem; }
.cause > h3 em { color: var(--accent); }

dl {
  display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: 0.35rem 1.5rem; max-width: 62rem;
  font-size: 0.92rem; margin: 0.75rem 0;
}
dt { font-weight: 600; }
dd { margin: 0; color: var(--soft); overflow-wrap: anywhere; }
footer {
  margin-top: 3rem; color: var(--soft); font-size: 0.85rem; border-top: 1px solid var(--line); padding-top: 1rem;
}

@media (max-width: 40rem) {
  main { padding: 1.5rem 0.9rem 2rem; }
  .answer { font-size: 1rem; }
  .many .panes, .many .row { grid-template-columns: repeat(auto-fill, minmax(6.5rem, 1fr)); }
  .panes { column-gap: 0.4rem; }
  .pane h3 { font-size: 0.82rem; line-height: 1.25; align-content: flex-end; }
  .pane .figure { font-size: 0.78rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: 0.6rem; }
}
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #ccc; color-scheme: light; }
  body { font-size: 11pt; }
  main { max-width: none; padding: 0; }
  h2 { break-after: avoid; margin-top: 1.5rem; }
  .toolbar, .hint, thead button::after { display: none; }
  .panes, .chart, .row { break-inside: avoid; }
  .gallery { grid-template-columns: 1fr 1fr; }
  .scroll { overflow: visible; }
  table { font-size: 7.5pt; }
  th, td { padding: 0.2rem 0.3rem; white-space: normal; }
  * { print-color-adjust: exact; }
}
`;
