/** How help looks, on every level of the command. */
import { type Command, Option } from 'commander';
import { coloured } from './output.js';

export const commonGroup = 'Every command:';

/** Puts a command below another, which hands down how it ends and prints; the look of its help would go with that. */
export function addBelow(parent: Command, command: Command): void {
  command.copyInheritedSettings(parent);
  styleHelp(command);
  command.addHelpOption(new Option('-h, --help', 'tell all this').helpGroup(commonGroup));
  parent.addCommand(command);
}

export function styleHelp(command: Command): void {
  command.configureHelp({
    styleTitle: (text) => coloured('bold', text, process.stdout),
    styleOptionTerm: (text) => coloured('cyan', text, process.stdout),
  });
}
