/** A verb of the command line, with its options made from a Zod schema: flags, defaults, units and checks have one source. */
import { Argument, Command, Option } from 'commander';
import { z } from 'zod';
import { flagOf } from '../../src/config/config.js';
import { parse } from '../../src/parse.js';
import { assertOnThisMachine } from '../../src/storage/locations.js';
import { commonGroup } from './help-look.js';
import { interruptible } from './interruption.js';
import { assertGiven, listOf, type OptionFacts, optionsOf } from './options/flags.js';
import { groupOrder, placeInGroup } from './options/groups.js';
import { beQuiet, printJson } from './output.js';

/** What a run of a verb is told besides its options. */
export interface Invocation {
  /** Set when stdout must carry one JSON object and nothing else. */
  readonly json: boolean;
  /** Aborted by the first Ctrl-C. A verb that does not ask for it ends then at once. */
  readonly signal: AbortSignal;
  /** Waits for Ctrl-C, where that is how a verb ends. */
  stop(): Promise<void>;
  /** The options that were typed or stand in --config, as opposed to left at their defaults. */
  readonly typed: ReadonlySet<string>;
}

export interface Verb<Schema extends z.ZodObject> {
  /** As it is typed after `latent-vae`. */
  readonly name: string;
  /** What it does, in a sentence or two. */
  readonly description: string;
  /** Positional arguments, e.g. `<dir>`, with what each means. */
  readonly arguments: Readonly<Record<string, string>>;
  /** The words that an argument may be, where these are few. */
  readonly choices?: Readonly<Record<string, readonly string[]>>;
  readonly options: Schema;
  /** Arguments (`<images>`) and options (`out`) that may be in an object store. */
  readonly inObjectStores?: readonly string[];
  /** Command lines to learn from. */
  readonly examples: readonly string[];
  /** Does the work and returns what `--json` prints, if anything; prints everything else itself. */
  run(args: readonly string[], options: z.output<Schema>, invocation: Invocation): Promise<object | undefined>;
}

/** What every command has beside its own options. */
interface CommonOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly config?: string;
}

export function defineCommand<Schema extends z.ZodObject>(verb: Verb<Schema>): Command {
  const command = new Command(verb.name.split(' ').at(-1)).description(verb.description).showHelpAfterError(false);
  for (const [name, meaning] of Object.entries(verb.arguments)) {
    const argument = new Argument(name, meaning);
    const choices = verb.choices?.[name];
    command.addArgument(choices ? argument.choices(choices) : argument);
  }
  for (const option of [...optionsOf(verb.options), ...commonOptions(verb.options)].sort(byGroup))
    command.addOption(option);
  command.addHelpText('after', `\nExamples:\n${verb.examples.map((line) => `  $ ${line}\n`).join('')}`);
  return command.action(async (...parameters: unknown[]) => {
    const { json, quiet, config, ...given } = command.opts<CommonOptions>();
    if (quiet) beQuiet();
    const typed = new Set(Object.keys(given).filter((key) => command.getOptionValueSource(key) === 'cli'));
    const fromFile = config === undefined ? {} : await configOptions(config, verb.options);
    for (const key of Object.keys(fromFile)) if (typed.has(key)) delete fromFile[key];
    const all = { ...given, ...fromFile };
    assertGiven(verb.options, all, verb.name);
    const options = parse(verb.options, all, verb.name, flagOfField);
    assertHere(verb, parameters, all);
    const args = parameters.slice(0, Object.keys(verb.arguments).length).flat() as string[];
    const told = { json, typed: new Set([...typed, ...Object.keys(fromFile)]) };
    const result = await verb.run(args, options, Object.assign(interruptible(), told));
    if (json && result) printJson(result);
  });
}

function commonOptions(schema: z.ZodObject): Option[] {
  const options = [
    new Option('--json', 'print the result as one JSON object on stdout').default(false),
    new Option('--quiet', 'tell of nothing but results, warnings and errors').default(false),
  ];
  if (Object.keys(schema.shape).length > 0)
    options.push(new Option('--config <file>', 'YAML or JSON with options by their names; what is typed counts more'));
  return options.map((option) => option.helpGroup(commonGroup));
}

const byGroup = (a: Option, b: Option) =>
  groupOrder.indexOf(a.helpGroupHeading ?? '') - groupOrder.indexOf(b.helpGroupHeading ?? '') ||
  placeInGroup(a.attributeName()) - placeInGroup(b.attributeName());

async function configOptions(path: string, schema: z.ZodObject): Promise<Record<string, unknown>> {
  // Loaded here, so that --help need not wait for a parser.
  const { readConfigFile } = await import('./options/config-file.js');
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' });
  const all = Object.entries(properties as Record<string, OptionFacts>);
  const lists = all.filter(([, { type }]) => type === 'array');
  const textToList = new Map(lists.map(([key, facts]) => [key, (text: string) => listOf(text, facts)]));
  return readConfigFile(path, Object.keys(properties), textToList);
}

/** Everything else wants a folder of this machine, and would make one of the name `s3:`. */
function assertHere(
  { name, arguments: known, inObjectStores = [] }: Pick<Verb<z.ZodObject>, 'name' | 'arguments' | 'inObjectStores'>,
  parameters: readonly unknown[],
  given: Readonly<Record<string, unknown>>,
): void {
  const places = [
    ...Object.keys(known).map((argument, index) => [argument, argument, parameters[index]] as const),
    ...Object.entries(given).map(([key, value]) => [key, flagOf(key), value] as const),
  ];
  for (const [key, shown, value] of places) {
    if (inObjectStores.includes(key)) continue;
    for (const text of [value].flat()) if (typeof text === 'string') assertOnThisMachine(text, `${name} ${shown}`);
  }
}

/** A value of a list is typed with the others of its flag. */
const flagOfField = (field: string) => flagOf(field.split(/[.[]/)[0] as string);
