/** All commands with their options, as shells complete them. */
import type { Command } from 'commander';

export interface CompletedOption {
  /** As it is typed: `--steps`, `--no-flip`. */
  readonly flag: string;
  readonly meaning: string;
  /** The words that may follow; empty for any. */
  readonly choices: readonly string[];
  readonly takesValue: boolean;
}

export interface CompletedCommand {
  readonly name: string;
  readonly meaning: string;
  readonly options: readonly CompletedOption[];
  readonly commands: readonly CompletedCommand[];
  /** Words that its argument may be; none: files and folders. */
  readonly choices: readonly string[];
}

/** @param commands of the program, each with its options */
export function completedCommands(commands: readonly Command[]): CompletedCommand[] {
  return commands.map((command) => ({ ...described(command), meaning: command.summary() }));
}

function described(command: Command): CompletedCommand {
  return {
    name: command.name(),
    meaning: firstSentence(command.description()),
    options: command.options.map((option) => ({
      flag: option.long as string,
      meaning: option.description,
      choices: option.argChoices ?? [],
      takesValue: option.required || option.optional,
    })),
    commands: command.commands.map(described),
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  };
}

const firstSentence = (text: string) => (text.split(/[.:](?:\s|$)/)[0] as string).replaceAll('\n', ' ');
