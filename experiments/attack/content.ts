/** What is in a folder or a file, as digests. */
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { sha256Of } from '../../src/digest.js';
import { timesFileName } from '../../src/training/log/log-line.js';

/** Digests by path; hidden files too. Nothing where nothing is. */
export type Content = ReadonlyMap<string, string>;

export async function contentOf(path: string): Promise<Content> {
  if (!existsSync(path)) return new Map();
  if ((await stat(path)).isFile()) return new Map([[basename(path), await digestOf(path)]]);
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(await Promise.all(files.map(async (file) => [relative(path, file), await digestOf(file)] as const)));
}

async function digestOf(path: string): Promise<string> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  if (basename(path) === timesFileName) return sha256Of(Buffer.from(stepsOf(bytes)));
  return sha256Of(basename(path) === 'checkpoint.safetensors' ? withoutTimes(bytes) : bytes);
}

/** When a step ended no two trainings have in common, but which steps there are. */
const stepsOf = (times: Buffer): string => {
  const lines = times.toString().split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line).step).join();
};

/** A checkpoint also counts the seconds that a training took, which no two have in common. */
function withoutTimes(bytes: Buffer): Buffer {
  const headerBytes = Number(bytes.readBigUInt64LE(0));
  const { __metadata__: _, ...tensors } = JSON.parse(bytes.subarray(8, 8 + headerBytes).toString());
  return Buffer.concat([Buffer.from(JSON.stringify(tensors)), bytes.subarray(8 + headerBytes)]);
}

export interface Differences {
  /** Paths that should be there and are not. */
  readonly lost: readonly string[];
  /** Paths that differ, or should not be there. */
  readonly wrong: readonly string[];
}

export function differences(got: Content, wanted: Content): Differences {
  return {
    lost: [...wanted.keys()].filter((path) => !got.has(path)),
    wrong: [...got].filter(([path, digest]) => wanted.get(path) !== digest).map(([path]) => path),
  };
}

export const isEqual = (got: Content, wanted: Content): boolean => {
  const { lost, wrong } = differences(got, wanted);
  return lost.length + wrong.length === 0;
};
