/** Everything that a resumed run needs to go on as if it had never stopped, in one file that is replaced at once. */
import * as tf from '@tensorflow/tfjs-core';
import { assertShape, UserError } from '../../errors.js';
import type { Confirm } from '../../files.js';
import { openSafetensors, writeSafetensors } from '../../interop/safetensors/safetensors.js';
import type { Parameters } from '../../nn/parameters.js';
import { BrokenState } from '../step/health.js';

/** The tensors of a training by group, e.g. `model`, `average`, `adam.first`. */
export type TensorGroups = Readonly<Record<string, Parameters>>;

/** Plain numbers that belong to the state, such as the step. */
export type Counters = Readonly<Record<string, number>>;

/**
 * Replaces the checkpoint at `path`.
 *
 * @throws BrokenState where a tensor holds a value that is no finite number; what was at `path` then stays
 */
export async function saveCheckpoint(
  path: string,
  groups: TensorGroups,
  counters: Counters,
  confirm?: Confirm,
): Promise<void> {
  const tensors = entriesOf(groups).map(({ key, variable }) => ({
    name: key,
    dtype: 'F32' as const,
    shape: variable.shape,
    data: async () => {
      const values = (await variable.data<'float32'>()) as Float32Array<ArrayBuffer>;
      const broken = values.find((value) => !Number.isFinite(value));
      if (broken === undefined) return values;
      throw new BrokenState(`${key} became ${broken}`);
    },
  }));
  await writeSafetensors(path, tensors, { counters: JSON.stringify(counters) }, confirm);
}

/** Fills `groups` with the file's tensors and returns its counters. */
export async function restoreCheckpoint(path: string, groups: TensorGroups): Promise<Counters> {
  const file = await openSafetensors(path);
  try {
    const entries = entriesOf(groups);
    const unexpected = file.entries.size - entries.length;
    const { counters } = file.metadata;
    if (unexpected !== 0 || counters === undefined) {
      const found = `got ${file.entries.size} tensors, wanted ${entries.length}`;
      throw new UserError(
        `${path} is not a checkpoint of this run: ${found}. Resume with the options it was started with.`,
      );
    }
    for (const { key, variable } of entries) {
      const { shape } = file.entries.get(key) ?? { shape: [] };
      assertShape(`${path}, ${key}`, shape, variable.shape, 'resume with the options the run was started with');
      const value = tf.tensor(await file.readFloat32(key), variable.shape);
      variable.assign(value);
      value.dispose();
    }
    return JSON.parse(counters);
  } finally {
    await file.close();
  }
}

function entriesOf(groups: TensorGroups): { key: string; variable: tf.Variable }[] {
  return Object.entries(groups).flatMap(([group, parameters]) =>
    [...parameters].map(([name, variable]) => ({ key: `${group}/${name}`, variable })),
  );
}
