/** JSON documents on disk, checked against a schema. */
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { reasonOf, UserError } from '../../errors.js';
import { parse, parseJson as parseText } from '../../parse.js';

export async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new UserError(`Cannot read ${path}: ${reasonOf(error)}.`);
  });
}

/** @throws UserError where the file is missing, is no JSON or does not fit the schema */
export async function readJson<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
  return parseJson(schema, await readText(path), path);
}

/** Checks JSON text; `subject` says in messages what it is. */
export function parseJson<Schema extends z.ZodType>(schema: Schema, text: string, subject: string): z.output<Schema> {
  return parse(schema, parseText(text, subject, 'it is damaged, restore or make it again'), subject);
}
