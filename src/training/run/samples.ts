/** The pictures that a training writes at its validations. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

export const samplesFolder = 'samples';

export const sampleName = (step: number) => `step-${String(step).padStart(6, '0')}.png`;

/** The step of a picture's name; undefined for names of other files. */
export function stepOfSample(name: string): number | undefined {
  const [, digits] = /^step-(\d{6,15})\.png$/.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** Steps of which a run has a picture, in their order. */
export async function stepsWithSamples(run: string): Promise<number[]> {
  const names = await readdir(join(run, samplesFolder)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  return names.flatMap((name) => stepOfSample(name) ?? []).sort((a, b) => a - b);
}
