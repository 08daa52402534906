#!/usr/bin/env node
/** The command `latent-vae`: loads the verb that was asked for and nothing else, so that help answers at once. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { systemSentence, UserError } from '../src/errors.js';
import { addBelow, styleHelp } from './cli/help-look.js';
import { fail, note } from './cli/output.js';
import { verbs } from './cli/verbs.js';

async function main(): Promise<void> {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const program = new Command('latent-vae')
    .description(manifest.description)
    .version(manifest.version)
    .exitOverride()
    .showSuggestionAfterError();
  styleHelp(program);
  const asked = process.argv[2] ?? '';
  for (const [name, { summary, load }] of Object.entries(verbs)) {
    const command: Command = name === asked || asked === 'completion' ? (await load()).command : new Command(name);
    addBelow(program, command.summary(summary));
  }
  program.addHelpText('after', '\nlatent-vae <command> --help tells every option with its default.');
  if (process.argv.length < 3) program.help();
  await program.parseAsync();
}

/** Flags whose values are lists, which people type with spaces. */
const lists = ['--models', '--baselines', '--channels', '--importance-samples', '--range'];

function excessHint(typed: readonly string[]): string {
  const list = typed.find((word, at) => lists.includes(word) && !(typed[at + 2] ?? '--').startsWith('--'));
  return list === undefined
    ? "A glob must stand in quotes, or the shell makes many paths of it: 'photos/*.jpg'."
    : `What follows ${list} is separated by commas, without spaces: ${list} a,b.`;
}

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EIO') return;
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

// Nor is a terminal that was closed, on which SIGHUP follows.
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
});

main().catch((error: unknown) => {
  const interrupted = Number(process.exitCode) > 128 ? process.exitCode : undefined;
  // Commander has printed its own sentence, or the help that was asked for.
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    if (error.code === 'commander.excessArguments') note(excessHint(process.argv));
  } else if (error instanceof UserError) {
    fail(error.message);
    process.exitCode = interrupted ?? error.exitCode;
  } else {
    const sentence = systemSentence(error);
    if (sentence === null) throw error;
    fail(sentence);
    process.exitCode = interrupted ?? 1;
  }
});
