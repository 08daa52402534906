/** Input from outside, checked against a schema: what does not fit is told in a sentence. */
import type { z } from 'zod';
import { reasonOf, UserError } from './errors.js';

/**
 * Parses `input` or throws one sentence that names the field, what was got and what was wanted.
 *
 * @param nameOf how a person writes the field, e.g. as a flag
 */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  subject: string,
  nameOf: (field: string) => string = (field) => field,
): z.output<Schema> {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  const sentences = result.error.issues.map((issue) => {
    const field = issue.path.length > 0 ? nameOf(fieldAt(issue.path)) : 'the whole';
    if (issue.code === 'unrecognized_keys') {
      const place = issue.path.length > 0 ? `${field} has` : 'it has';
      return `${place} ${issue.keys.map((key) => shortened(key)).join(', ')}, which nothing here knows: leave it out`;
    }
    return `${field}: got ${gotBy(issue)}, ${wantedBy(issue)}`;
  });
  throw new UserError(`${subject}: ${sentences.join('. ')}.`);
}

/** As programs write it: `model.blockOutChannels[1]`. */
const fieldAt = (path: readonly PropertyKey[]) =>
  path.reduce<string>((field, key) => {
    if (typeof key === 'number') return `${field}[${key}]`;
    return field === '' ? String(key) : `${field}.${String(key)}`;
  }, '');

/** Of a union, the value that tells its members apart. */
function gotBy(issue: z.core.$ZodIssue): string {
  const isOfUnion = issue.code === 'invalid_union' && 'discriminator' in issue && typeof issue.input === 'object';
  const got = isOfUnion ? (issue.input as Record<string, unknown> | null)?.[String(issue.discriminator)] : issue.input;
  return got === undefined ? 'nothing' : shortened(quoted(got));
}

/** Deeper than any document that is read here; what walks through one calls itself once for each level. */
const largestDepth = 64;

/**
 * The value of JSON text.
 *
 * @param subject what the text is, for messages
 * @param remedy what to do about text that is none, e.g. `get or export it again`
 */
export function parseJson(text: string, subject: string, remedy: string): unknown {
  if (depthOf(text) > largestDepth)
    throw new UserError(`${subject} nests more than ${largestDepth} levels deep: ${remedy}.`);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    // The reason quotes the text, line breaks and all.
    throw new UserError(`${subject} is not JSON (${reasonOf(error).replace(/\s+/g, ' ')}): ${remedy}.`, {
      cause: error,
    });
  }
}

const [quote, backslash, ...brackets] = [...'"\\[{]}'].map((character) => character.charCodeAt(0));

/** Up to the first level too deep. */
function depthOf(text: string): number {
  let [depth, inString] = [0, false];
  for (let at = 0; at < text.length && depth <= largestDepth; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) inString = !inString;
    else if (inString) at += code === backslash ? 1 : 0;
    else if (code === brackets[0] || code === brackets[1]) depth++;
    else if (code === brackets[2] || code === brackets[3]) depth--;
  }
  return depth;
}

/** The schema's own words, where it is not about a kind of value or the size of a number. */
function wantedBy(issue: z.core.$ZodIssue): string {
  const isNumber = 'origin' in issue && (issue.origin === 'number' || issue.origin === 'int');
  if (issue.code === 'too_small' && isNumber)
    return `wanted ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
  if (issue.code === 'too_big' && isNumber)
    return `wanted ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`;
  if (issue.code === 'too_small' && issue.origin === 'array') return `wanted at least ${issue.minimum} of them`;
  if (issue.code === 'too_big' && issue.origin === 'array') return `wanted at most ${issue.maximum} of them`;
  if (issue.code === 'invalid_value')
    return `wanted ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map((value) => quoted(value)).join(', ')}`;
  const choices = issue.code === 'invalid_union' ? /Expected (.+?)\.?$/.exec(issue.message)?.[1] : undefined;
  if (choices !== undefined) return `wanted one of ${choices.replaceAll(' | ', ', ').replaceAll("'", '"')}`;
  if (issue.code === 'invalid_union') return 'which fits none of its kinds';
  if (issue.code === 'invalid_type') return `wanted ${kinds[issue.expected] ?? issue.expected}`;
  return issue.message;
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

/** JSON has no numbers that are none. */
const quoted = (value: unknown) => (typeof value === 'number' ? String(value) : JSON.stringify(value));

const mostQuoted = 80;

/** A forged file may hold values of megabytes, which no sentence should. */
const shortened = (text: string) => (text.length > mostQuoted ? `${text.slice(0, mostQuoted)}…` : text);
