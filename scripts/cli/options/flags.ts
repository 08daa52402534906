/** Flags made from schemas: names, defaults, units, choices and checks have one source. */
import { InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { flagOf } from '../../../src/config/config.js';
import { UserError } from '../../../src/errors.js';
import { nearestOf } from '../../../src/nearest.js';
import { groupOf, requiredGroup } from './groups.js';

/** What JSON Schema tells of one option. */
export interface OptionFacts {
  readonly type?: 'boolean' | 'integer' | 'number' | 'string' | 'array';
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly unit?: string;
  /** Of a list. */
  readonly items?: Pick<OptionFacts, 'type'>;
  readonly prefixItems?: readonly Pick<OptionFacts, 'type'>[];
  /** Whether the flag may stand without a value: it is then true. */
  readonly optionalValue?: boolean;
}

/** The options of a command in the order of its help: those that must be there first, then by subject. */
export function optionsOf(schema: z.ZodObject): Option[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' });
  return Object.entries(properties).map(([key, facts]) => {
    const option = optionOf(key, facts as OptionFacts);
    return option.helpGroup(required.includes(key) ? requiredGroup : groupOf(key));
  });
}

function optionOf(key: string, facts: OptionFacts): Option {
  const flag = flagOf(key);
  const meaning = facts.description ?? '';
  if (facts.type === 'boolean') {
    if (facts.default !== true) return new Option(flag, meaning).default(false);
    return new Option(flag.replace('--', '--no-'), `do not ${meaning}`).default(true);
  }
  const unit = facts.unit ? ` (${facts.unit})` : '';
  const value = facts.optionalValue ? `[${placeholderOf(facts)}]` : `<${placeholderOf(facts)}>`;
  const option = new Option(`${flag} ${value}`, meaning + unit);
  if (facts.enum) option.choices([...facts.enum]).argParser((text) => oneOf(facts.enum ?? [], text));
  if (facts.default !== undefined) option.default(facts.default);
  if (isNumeric(facts)) option.argParser(numberOr);
  if (facts.type === 'array') option.argParser((text) => listOf(text, facts));
  return option;
}

const isNumeric = ({ type }: Pick<OptionFacts, 'type'>) => type === 'integer' || type === 'number';

/** What is no number stays as it was typed, for the schema's sentence to quote. */
const numberOr = (text: string) => (text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text));

/** What stands between the commas of a list. */
export function listOf(text: string, { items, prefixItems }: Pick<OptionFacts, 'items' | 'prefixItems'>): unknown[] {
  const parts = text.split(',').map((part) => part.trim());
  return isNumeric(items ?? prefixItems?.[0] ?? {}) ? parts.map(numberOr) : parts;
}

function oneOf(choices: readonly string[], text: string): string {
  if (choices.includes(text)) return text;
  const nearest = nearestOf(text, choices);
  const meant = nearest === undefined ? '' : `Did you mean ${nearest}? `;
  throw new InvalidArgumentError(`${meant}Allowed choices are ${choices.join(', ')}.`);
}

/** @throws UserError that names the options which a command cannot do without, and what they mean */
export function assertGiven(schema: z.ZodObject, given: Readonly<Record<string, unknown>>, command: string): void {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' });
  const missing = required.filter((key) => given[key] === undefined);
  if (missing.length === 0) return;
  const meant = missing.map((key) => {
    const { description, enum: choices } = properties[key] as OptionFacts;
    return `${flagOf(key)}, ${description}${choices ? `: ${choices.join(', ')}` : ''}`;
  });
  throw new UserError(`${command} wants ${meant.join('; and ')}.`);
}

function placeholderOf({ type, enum: values }: OptionFacts): string {
  if (values) return 'name';
  if (type === 'integer') return 'n';
  return type === 'number' ? 'x' : 'text';
}
