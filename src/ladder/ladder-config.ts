/** A ladder: a family of models in which one thing changes from row to row, as a JSON file describes it. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type TrainOptions, trainOptionsSchema } from '../config/config.js';
import { reasonOf, UserError } from '../errors.js';
import { parse, parseJson } from '../parse.js';

const positiveInteger = z.number().int().positive();
const identifier = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'wanted lower-case letters, digits and hyphens');

/** Options of `train` under the names that its config.json has; what is left out is the command's default. */
const trainingSchema = z.record(z.string(), z.json());

/** Rows have equal budgets in steps, which no clock decides, and the ladder counts the seeds. */
const resolvedSchema = trainOptionsSchema.omit({ seed: true, minutes: true, from: true });

const comparisonSchema = z.strictObject({
  /** The row that this one is set against. */
  row: identifier,
  /** What was taken away, one of the ladder's causes; left out where the change is none of them. */
  cause: identifier.optional(),
  /** The one thing that changed, in words. */
  change: z.string(),
});

const rowSchema = z.strictObject({
  id: identifier,
  name: z.string(),
  /** What the row is, in a sentence. */
  summary: z.string(),
  /** Trained once for each seed from 0 on. */
  seeds: positiveInteger.default(1),
  training: trainingSchema,
  against: z.array(comparisonSchema).default([]),
});
export type LadderRow = z.infer<typeof rowSchema>;

const causeSchema = z.strictObject({
  id: identifier,
  name: z.string(),
  /** What is said of it, in a sentence that figures can contradict. */
  claim: z.string(),
});

export const ladderSchema = z.strictObject({
  formatVersion: z.literal(1),
  title: z.string(),
  /** What a person should know before starting it, such as how long it takes. */
  notes: z.array(z.string()).default([]),
  /** Validation images that every model is measured on, evenly chosen. */
  images: positiveInteger.default(512),
  /** Pictures shown on the page, evenly chosen. */
  pictures: positiveInteger.default(12),
  /** Of all rows; a row's own options go before. */
  training: trainingSchema,
  causes: z.array(causeSchema),
  /** Rows whose latent spaces the page shows, and whose bounds. */
  latentSpace: z.array(identifier).default([]),
  bound: z.array(identifier).default([]),
  rows: z.array(rowSchema).min(1),
});
export type Ladder = z.infer<typeof ladderSchema>;

/** What a projection wants. */
const fewestForProjections = 8;

/** Reads a ladder from its JSON file. @throws UserError that names the file and what is wrong with it */
export async function readLadder(path: string): Promise<Ladder> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UserError(`Cannot read the ladder ${path}: ${reasonOf(error)}.`);
  });
  return parseLadder(parseJson(text, `The ladder ${path}`, 'mend it'), path);
}

/** Checks a ladder, also that it names no row and no cause that it lacks. */
export function parseLadder(input: unknown, subject: string): Ladder {
  const ladder = parse(ladderSchema, input, subject);
  const causes = new Set(ladder.causes.map(({ id }) => id));
  const known = new Set<string>();
  for (const { id, against } of ladder.rows) {
    if (known.has(id)) throw new UserError(`${subject}: got two rows ${id}, wanted one: rename one of them.`);
    for (const { row, cause } of against) {
      if (!known.has(row))
        throw new UserError(`${subject}: row ${id} is set against ${row}, which no row above it is.`);
      if (cause !== undefined && !causes.has(cause)) {
        throw new UserError(`${subject}: row ${id} names the cause ${cause}, wanted one of ${[...causes].join(', ')}.`);
      }
    }
    known.add(id);
  }
  const unknown = [...ladder.latentSpace, ...ladder.bound].find((id) => !known.has(id));
  if (unknown !== undefined) throw new UserError(`${subject}: wants to look into ${unknown}, which is no row.`);
  if (ladder.latentSpace.length > 0 && ladder.pictures < fewestForProjections) {
    throw new UserError(
      `${subject}: got ${ladder.pictures} pictures, wanted ${fewestForProjections} and more to look into latent spaces.`,
    );
  }
  const sizes = new Set(ladder.rows.map((row) => trainingOptions(ladder, row, 0, subject).size));
  if (sizes.size > 1) throw new UserError(`${subject}: got rows of ${[...sizes].join(' and ')} px, wanted one size.`);
  return ladder;
}

/** All options of the training of a row. */
export function trainingOptions(ladder: Ladder, row: LadderRow, seed: number, subject = 'ladder'): TrainOptions {
  const given = { ...ladder.training, ...row.training };
  return { ...parse(resolvedSchema, given, `${subject}, row ${row.id}`), seed };
}
