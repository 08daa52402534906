/** Damaged files: what a reader must refuse in one sentence or read, never crash or hang on. */
import { readFile, writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { type Damage, damages } from '../../experiments/attack/hostile/damage.js';
import { UserError } from '../../src/errors.js';
import { randomStream } from '../../src/random.js';

/**
 * Writes `count` damaged copies of `original`, one after the other, to `scratch` and expects `read` to refuse each with
 * a `UserError` or to read it.
 *
 * @returns how many were refused
 */
export async function expectRefusedOrRead(
  original: string,
  scratch: string,
  count: number,
  read: (path: string) => Promise<void>,
): Promise<number> {
  const sound = await readFile(original);
  const kinds = Object.keys(damages);
  let refused = 0;
  for (let index = 0; index < count; index++) {
    const kind = kinds[index % kinds.length] as string;
    const damage = damages[kind] as Damage;
    await writeFile(scratch, damage(Buffer.from(sound), randomStream(kind, index)));
    try {
      await read(scratch);
    } catch (error) {
      expect(error, `${kind} ${index} of ${original}`).toBeInstanceOf(UserError);
      refused++;
    }
  }
  return refused;
}
