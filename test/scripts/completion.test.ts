/** The scripts that complete commands, asked by the shells themselves where these are there. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bashCompletion } from '../../scripts/cli/completion/bash.js';
import { fishCompletion } from '../../scripts/cli/completion/fish.js';
import { completedCommands } from '../../scripts/cli/completion/tree.js';
import { zshCompletion } from '../../scripts/cli/completion/zsh.js';
import { verbs } from '../../scripts/cli/verbs.js';
import { makeFolder, write } from '../data/folders.js';

const folder = makeFolder();
const loaded = Object.values(verbs).map(async ({ summary, load }) => (await load()).command.summary(summary));
const commands = completedCommands(await Promise.all(loaded));
const bash = write(folder, 'latent-vae.bash', bashCompletion(commands));
const isThere = (shell: string) => spawnSync(shell, ['-c', 'exit 0']).status === 0;
for (const shell of ['bash', 'zsh', 'fish']) {
  if (!isThere(shell)) process.stdout.write(`Completion in ${shell} is not tested: ${shell} is not installed.\n`);
}

it('knows every command and its options', () => {
  expect(commands.map(({ name }) => name)).toEqual(Object.keys(verbs));
  const train = commands.find(({ name }) => name === 'train');
  expect(train?.options.find(({ flag }) => flag === '--preset')?.choices).toContain('fast-f8');
  expect(commands.find(({ name }) => name === 'latents')?.commands.map(({ name }) => name)).toContain('convert');
});

describe.skipIf(!isThere('bash'))('bash', () => {
  it.each([
    ['tra', ['train', 'train-diffusion']],
    ['train --pres', ['--preset']],
    ['train photos/ --preset vq', ['vq-f8-tiny', 'vq-f4-tiny']],
    ['latents con', ['convert']],
    ['latents convert x --form', ['--format']],
    ['completion b', ['bash']],
  ])('completes %j', (line, expected) => {
    const words = ['latent-vae', ...line.split(' ')];
    const script = `source ${bash}; COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _latent_vae; echo "\${COMPREPLY[@]}"`;
    expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split(' ')).toEqual(expected);
  });
});

it.skipIf(!isThere('zsh'))('zsh takes its script', () => {
  const path = write(folder, 'latent-vae.zsh', zshCompletion(commands));
  const script = `autoload -U compinit; compinit -u -d ${join(folder, 'dump')}; source ${path}; echo $_comps[latent-vae]`;
  expect(execFileSync('zsh', ['-fc', script], { encoding: 'utf8' }).trim()).toBe('_latent_vae');
});

it.skipIf(!isThere('fish')).each([
  ['latent-vae train --preset vq', 'vq-f8-tiny'],
  ['latent-vae latents conv', 'convert'],
  ['latent-vae latents convert --form', '--format'],
])('fish completes %j', (line, expected) => {
  const path = write(folder, 'latent-vae.fish', fishCompletion(commands));
  const output = execFileSync('fish', ['--no-config', '-c', `source ${path}; complete -C '${line}'`], {
    encoding: 'utf8',
  });
  expect(output).toContain(expected);
});
