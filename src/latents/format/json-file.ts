/** JSON documents on disk, checked against a schema. */
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { reasonOf, UserError } from '../../errors.js';
import { parse } from '../../parse.js';

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
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // The reason quotes the text, line breaks and all.
    const reason = reasonOf(error).replace(/\s+/g, ' ');
    throw new UserError(`${subject} is damaged: it is not JSON (${reason}).`, { cause: error });
  }
  return parse(schema, value, subject);
}
