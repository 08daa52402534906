/** A verb of the command line, with its options made from a Zod schema: flags, defaults, units and checks have one source. */
import { Command, Option } from 'commander';
import { z } from 'zod';
import { flagOf } from '../../src/config/config.js';
import { parse } from '../../src/parse.js';
import { interruptible } from './interruption.js';
import { printJson } from './output.js';

/** What a run of a verb is told besides its options. */
export interface Invocation {
  /** Set when stdout must carry one JSON object and nothing else. */
  readonly json: boolean;
  /** Aborted by the first Ctrl-C. A verb that does not ask for it ends then at once. */
  readonly signal: AbortSignal;
  /** The options that were typed, as opposed to left at their defaults. */
  readonly typed: ReadonlySet<string>;
}

export interface Verb<Schema extends z.ZodObject> {
  /** As it is typed after `latent-vae`. */
  readonly name: string;
  /** What it does, in a sentence or two. */
  readonly description: string;
  /** Positional arguments, e.g. `<dir>`, with what each means. */
  readonly arguments: Readonly<Record<string, string>>;
  readonly options: Schema;
  /** Command lines to learn from. */
  readonly examples: readonly string[];
  /** Does the work and returns what `--json` prints, if anything; prints everything else itself. */
  run(args: readonly string[], options: z.output<Schema>, invocation: Invocation): Promise<object | undefined>;
}

/** What JSON Schema tells of one option. */
interface OptionFacts {
  readonly type?: 'boolean' | 'integer' | 'number' | 'string' | 'array';
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly unit?: string;
  /** Whether the flag may stand without a value: it is then true. */
  readonly optionalValue?: boolean;
}

export function defineCommand<Schema extends z.ZodObject>(verb: Verb<Schema>): Command {
  const command = new Command(verb.name.split(' ').at(-1)).description(verb.description).showHelpAfterError(false);
  for (const [name, meaning] of Object.entries(verb.arguments)) command.argument(name, meaning);
  const { properties = {} } = z.toJSONSchema(verb.options, { io: 'input' });
  for (const [key, facts] of Object.entries(properties)) command.addOption(optionOf(key, facts as OptionFacts));
  command.option('--json', 'print the result as one JSON object on stdout', false);
  command.addHelpText('after', `\nExamples:\n${verb.examples.map((line) => `  $ ${line}\n`).join('')}`);
  return command.action(async (...parameters: unknown[]) => {
    const { json, ...given } = command.opts<{ json: boolean }>();
    const typed = new Set(Object.keys(given).filter((key) => command.getOptionValueSource(key) === 'cli'));
    const options = parse(verb.options, given, verb.name, flagOfField);
    const args = parameters.slice(0, Object.keys(verb.arguments).length).flat() as string[];
    const result = await verb.run(args, options, Object.assign(interruptible(), { json, typed }));
    if (json && result) printJson(result);
  });
}

/** A value of a list is typed with the others of its flag. */
const flagOfField = (field: string) => flagOf(field.split('.')[0] as string);

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
  if (facts.enum) option.choices([...facts.enum]);
  if (facts.default !== undefined) option.default(facts.default);
  // What is no number stays as it was typed, for the schema's sentence to quote.
  if (facts.type === 'integer' || facts.type === 'number') {
    option.argParser((text) => (text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)));
  }
  if (facts.type === 'array') option.argParser((text) => text.split(','));
  return option;
}

function placeholderOf({ type, enum: values }: OptionFacts): string {
  if (values) return 'name';
  if (type === 'integer') return 'n';
  return type === 'number' ? 'x' : 'text';
}
