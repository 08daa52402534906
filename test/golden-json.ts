/** Reference numbers from the JSON files of test/golden. */
import { readFileSync } from 'node:fs';

export function readGoldenJson<Content>(path: string): Content {
  return JSON.parse(readFileSync(new URL(`./golden/${path}`, import.meta.url), 'utf8'));
}
