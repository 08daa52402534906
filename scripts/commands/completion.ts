/** `latent-vae completion` */
import { z } from 'zod';
import { defineCommand } from '../cli/command.js';
import { bashCompletion } from '../cli/completion/bash.js';
import { fishCompletion } from '../cli/completion/fish.js';
import { type CompletedCommand, completedCommands } from '../cli/completion/tree.js';
import { zshCompletion } from '../cli/completion/zsh.js';

const shells: Readonly<Record<string, (commands: readonly CompletedCommand[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export const command = defineCommand({
  name: 'completion',
  description: 'Print a script that makes your shell complete commands, options and their values.',
  arguments: { '<shell>': 'the one you type commands in' },
  choices: { '<shell>': Object.keys(shells) },
  options: z.strictObject({}),
  examples: [
    'latent-vae completion bash >> ~/.bashrc',
    'latent-vae completion zsh > ~/.zfunc/_latent-vae',
    'latent-vae completion fish > ~/.config/fish/completions/latent-vae.fish',
  ],
  async run([shell = '']) {
    const write = shells[shell] as (commands: readonly CompletedCommand[]) => string;
    process.stdout.write(write(completedCommands(command.parent?.commands ?? [])));
    return undefined;
  },
});
