/**
 * `latent-vae/report`: pages, tables and CSV of what was measured. Loads a DOM and a plotting library, for its charts.
 *
 * @module latent-vae/report
 */

export type { NamedBound } from '../report/page/sections/bound-section.js';
export { boundSection } from '../report/page/sections/bound-section.js';
export { latentSpaceSection } from '../report/page/sections/latent-space-section.js';
export type { ReportSection } from '../report/page/sections/section.js';
export { writeReport } from '../report/report.js';
export type * from './shared/comparisons.js';
