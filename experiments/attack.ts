/**
 * `npm run attack`: kills every command that writes, lets two write to one place, fills its disk and hands it hostile files. Prints one
 * table, and ends with code 1 where anything was lost, wrong, hung or failed. As a reader of this package's promises, start here:
 * `attack/targets.ts` says what is promised of which command.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { fail, note, print } from '../scripts/cli/output.js';
import { UserError } from '../src/errors.js';
import { parse } from '../src/parse.js';
import { makeFixtures } from './attack/fixtures.js';
import { fillDisks } from './attack/full-disk.js';
import { openHostileFiles } from './attack/hostile/hostile-files.js';
import { killCommands } from './attack/kills.js';
import { hasFailed, type Plan, type Row, tableOf } from './attack/table.js';
import { raceWriters } from './attack/two-writers.js';

const parts = { kills: killCommands, writers: raceWriters, disk: fillDisks, hostile: openHostileFiles } as const;
const partNames = Object.keys(parts) as [keyof typeof parts];

const whole = z.coerce.number().int().positive();
const planSchema = z.strictObject({
  only: z
    .string()
    .transform((names) => names.split(','))
    .pipe(z.array(z.enum(partNames)))
    .default(partNames),
  command: z.string().optional(),
  kills: whole.default(20),
  races: whole.default(20),
  files: whole.default(300),
  seed: z.coerce.number().int().default(0),
  keep: z.boolean().default(false),
});

const usage = `npm run attack -- [--only ${partNames.join(',')}] [--command convert] [--kills 20] [--races 20] [--files 300] [--seed 0] [--keep]`;

async function main(): Promise<void> {
  const string = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      ...{ only: string, command: string, kills: string, races: string, files: string, seed: string },
      keep: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const { help, ...given } = values;
  if (help) return print(usage);
  const { only, keep, ...plan } = parse(planSchema, given, 'attack', (name) => `--${name}`);
  const folder = await mkdtemp(join(tmpdir(), 'latent-vae-attack-'));
  const started = performance.now();
  const fixtures = await makeFixtures(folder);
  const rows: Row[] = [];
  for (const name of only)
    rows.push(...(await parts[name]({ ...plan, folder: join(folder, name), fixtures } satisfies Plan)));
  print(tableOf(rows));
  note(`${Math.round((performance.now() - started) / 1000)} s, seed ${plan.seed}.`);
  if (hasFailed(rows)) process.exitCode = 1;
  if (keep || hasFailed(rows)) note(`Everything that was written is in ${folder}.`);
  else await rm(folder, { recursive: true });
}

main().catch((error: unknown) => {
  const isTyped = error instanceof TypeError && 'code' in error;
  if (!isTyped && !(error instanceof UserError)) throw error;
  fail(`${error.message} ${usage}`);
  process.exitCode = 2;
});
