/** Every command line of a document is one that the commands take; none of them is run. */
import { type Command, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { requiredGroup } from '../../scripts/cli/options/groups.js';
import { blocks, commands, documents, textOf } from './documents.js';
import { latentVaeArguments, shellCommands } from './shell.js';

/** Commands that parse and do nothing; `parsed` is the one that was asked for. */
let parsed: Command | undefined;
function disarm(command: Command): void {
  command.exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  if (command.commands.length === 0) {
    command.action(() => {
      parsed = command;
    });
  }
  command.commands.forEach(disarm);
}
commands.forEach(disarm);

/** What is wrong with a line, in the parser's words; undefined for nothing. */
function mistakeIn([verb = '', ...args]: readonly string[]): string | undefined {
  if (verb === '--help' || verb === '--version') return undefined;
  const command = commands.find((one) => one.name() === verb);
  if (command === undefined) return `unknown command ${verb}`;
  parsed = undefined;
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.code === 'commander.helpDisplayed' ? undefined : error.message;
  }
  const given = parsed as Command | undefined;
  if (given === undefined || given.getOptionValue('config') !== undefined) return undefined;
  const missing = given.options.find(
    (option) => option.helpGroupHeading === requiredGroup && given.getOptionValue(option.attributeName()) === undefined,
  );
  return missing && `${missing.long} is missing`;
}

const shells = new Set(['', 'sh', 'bash', 'shell', 'console']);
const lines = blocks
  .filter(({ language }) => shells.has(language))
  .flatMap(({ place, code }) =>
    shellCommands(code).flatMap((words) => {
      const args = latentVaeArguments(words);
      return args ? [{ place, line: `latent-vae ${args.join(' ')}`, args }] : [];
    }),
  );

describe('command lines', () => {
  it('are found', () => {
    expect(lines.length).toBeGreaterThan(60);
  });

  it.each(lines)('$place $line', ({ args }) => {
    expect(mistakeIn(args)).toBeUndefined();
  });

  it.each([
    ['train photos/ --stepz 3', /unknown option/],
    ['trian photos/', /unknown command/],
    ['train photos/ --preset kl-f9', /Did you mean/],
    ['train', /missing required argument/],
    ['encode photos/', /--out is missing/],
    ['latents squeeze x', /unknown command/],
    ['train a b', /too many arguments/],
  ])('a mistake is found in %s', (line, says) => {
    expect(mistakeIn(line.split(' '))).toMatch(says);
  });

  it('are taken apart as a shell does it', () => {
    const script =
      "A=1 npx latent-vae train 'a b/*' --out x > log # so\nls | head && latent-vae encode \\\n  y --out z";
    expect(shellCommands(script).map(latentVaeArguments)).toEqual([
      ['train', 'a b/*', '--out', 'x'],
      undefined,
      undefined,
      ['encode', 'y', '--out', 'z'],
    ]);
  });
});

/** Of npm, this repository's tools and other trainers. */
const othersFlags = new Set([
  ...['--ignore-scripts', '--rounds', '--peer-images'],
  ...['--base', '--vae', '--cache_latents_to_disk', '--enable_bucket', '--flip_aug', '--array'],
]);
const allOptions = (command: Command): string[] => [
  ...command.options.flatMap(({ long }) => long ?? []),
  ...command.commands.flatMap(allOptions),
];
const known = new Set([...commands.flatMap(allOptions), '--help', '--version', ...othersFlags]);
/** The log tells of options that there were. */
const living = documents.filter((document) => !/^experiments\/|^CHANGELOG/.test(document));

it.each(living)('the options that %s names are there', (document) => {
  const prose = textOf(document).replace(/```[\s\S]*?```/g, '');
  const named = [...prose.matchAll(/`(--[a-z][\w-]*)[^`]*`/g)].map(([, flag = '']) => flag);
  expect(named.filter((flag) => !known.has(flag))).toEqual([]);
});
