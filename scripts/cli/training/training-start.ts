/** What a training is, in a few lines before it begins. */
import type { RunConfig } from '../../../src/config/config.js';
import { trainingRows } from '../../../src/report/run/training-rows.js';
import type { StartFacts } from '../../../src/training/training-reports.js';
import { note } from '../output.js';

/** @param json one JSON object instead, for programs that read stderr */
export function announceTraining(config: RunConfig, facts: StartFacts, json: boolean): void {
  const { model, objective } = config;
  const { training, validation, need } = facts;
  if (json) {
    note(JSON.stringify({ model, objective, training, validation, ...(need && { need }) }));
    return;
  }
  if (need) note(need.sentence);
  const rows = trainingRows(config, facts);
  const width = Math.max(...rows.map(([label]) => label.length));
  for (const [label, text] of rows) note(`  ${label.padEnd(width)}  ${text}`);
}
