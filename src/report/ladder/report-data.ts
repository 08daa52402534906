/** What the ladder's page and files are made of. */
import type { Comparison, ComparisonData } from '../../evaluation/compare.js';
import type { CauseEffect, LinkEffect } from '../../evaluation/differences/causes.js';
import type { ReportSection } from '../page/sections/section.js';

export interface LadderRowFacts {
  readonly id: string;
  readonly name: string;
  /** A sentence. */
  readonly summary: string;
  readonly preset: string;
  /** Options that are not the preset's, as `klWeight 0.000001`. */
  readonly settings: readonly string[];
  readonly seeds: number;
  /** Of one training, as are `images` and `minutes`; 0 where there was nothing to step through. */
  readonly steps: number;
  readonly images: number;
  readonly minutes: number;
}

/** All that the page shows. */
export interface LadderReport {
  readonly title: string;
  /** What every training was given, in words. */
  readonly budget: string;
  readonly rows: readonly LadderRowFacts[];
  /** The rows' names by their ids. */
  readonly names: ReadonlyMap<string, string>;
  /** Every training, named by row and seed. */
  readonly runs: ComparisonData;
  /** The rows, their seeds merged. */
  readonly data: ComparisonData;
  /** What the grid shows: seed 0 of the rows. */
  readonly pictures: Comparison;
  readonly links: readonly LinkEffect[];
  readonly causes: readonly CauseEffect[];
  readonly sections: readonly ReportSection[];
}
