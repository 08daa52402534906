/** `latent-vae/report`: pages, tables and CSV of what was measured. Loads a DOM and a plotting library, for its charts. */
export { boundSection } from '../report/page/sections/bound-section.js';
export { latentSpaceSection } from '../report/page/sections/latent-space-section.js';
export { writeReport } from '../report/report.js';
