/** The style of what only some reports show. */
export const sectionStyle = /* css */ `
:root {
  --class-0: #4269d0; --class-1: #e8a305; --class-2: #e5533d; --class-3: #3fae93; --class-4: #3ca951;
  --class-5: #f06fa5; --class-6: #9a57ea; --class-7: #7aa6ef; --class-8: #9c6b4e; --class-9: #8b9098;
}
.prose { max-width: 50em; margin: 0.5rem 0; }
.key.round { border-radius: 50%; }
.method { color: var(--soft); font-size: 0.8rem; }
.scatters { grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); }
.sheets { grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); }
.pair { display: grid; gap: 0.75rem; grid-template-columns: 1fr 1fr; margin-top: 0.5rem; }
.pair svg { margin-top: 0; }
.sheet { display: block; width: 100%; height: auto; margin: 0.15rem 0 0.6rem; border-radius: 4px; }
.drawn { display: grid; gap: 0.75rem 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 12rem), 1fr)); }
.drawn figure { margin: 0.5rem 0 0; }
.bound th small { display: block; font-weight: 400; color: var(--soft); max-width: 24em; white-space: normal; }
.bound th:first-child { white-space: normal; min-width: 11em; }
@media print {
  .scatters, .sheets { grid-template-columns: 1fr 1fr; }
}
`;
