/** JSON documents in files, checked against a schema. */
import type { z } from 'zod';
import { reasonOf, UserError } from '../../errors.js';
import { parse, parseJson as parseText } from '../../parse.js';
import { storageOf } from '../../storage/storage-of.js';

export async function readText(path: string): Promise<string> {
  const storage = await storageOf(path);
  const bytes = await storage.read(path).catch((error: unknown) => {
    throw error instanceof UserError ? error : new UserError(`Cannot read ${path}: ${reasonOf(error)}.`);
  });
  return bytes.toString('utf8');
}

/** @throws UserError where the file is missing, is no JSON or does not fit the schema */
export async function readJson<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
  return parseJson(schema, await readText(path), path);
}

/** Checks JSON text; `subject` says in messages what it is. */
export function parseJson<Schema extends z.ZodType>(schema: Schema, text: string, subject: string): z.output<Schema> {
  return parse(schema, parseText(text, subject, 'it is damaged, restore or make it again'), subject);
}
