/** Counts what was found beside the images and is not read. */
import { compareNames } from './names.js';

/** Files that were found beside the images and are not read: counted by their ending, with examples and what to do. */
export interface LeftOut {
  /** `.heic`, `no ending`, or what it is: `hidden files`. */
  readonly kind: string;
  readonly files: number;
  /** The first few, as relative paths. */
  readonly examples: readonly string[];
  /** What to do about it: the end of a sentence. Absent where there is nothing to do. */
  readonly advice?: string;
}

const mostExamples = 3;

export interface LeftOutTally {
  add(kind: string, path: string, advice?: string): void;
  /** The most numerous first. */
  list(): LeftOut[];
}

export function tallyLeftOut(): LeftOutTally {
  const kinds = new Map<string, { files: number; examples: string[]; advice?: string | undefined }>();
  return {
    add(kind, path, advice) {
      const known = kinds.get(kind) ?? { files: 0, examples: [] };
      known.files++;
      if (known.examples.length < mostExamples) known.examples.push(path);
      known.advice ??= advice;
      kinds.set(kind, known);
    },
    list() {
      return [...kinds]
        .map(([kind, { advice, ...counted }]) => ({ kind, ...counted, ...(advice !== undefined && { advice }) }))
        .sort((a, b) => b.files - a.files || compareNames(a.kind, b.kind));
    },
  };
}

/** `.heic: 3 files (a.heic, b.heic, …): HEIC is not read, convert it` */
export function leftOutLine({ kind, files, examples, advice }: LeftOut): string {
  const shown = examples.map((example) => JSON.stringify(example).slice(1, -1)).join(', ');
  const more = files > examples.length ? ', …' : '';
  return `${kind}: ${files} (${shown}${more})${advice === undefined ? '' : `: ${advice}`}`;
}
