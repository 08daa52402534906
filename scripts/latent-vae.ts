#!/usr/bin/env node
/** The command `latent-vae`: loads the verb that was asked for and nothing else, so that help answers at once. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { systemSentence, UserError } from '../src/errors.js';
import { note } from './cli/output.js';

/** Every verb with its line in the help; the file of the same name holds it. */
const verbs: Readonly<Record<string, string>> = {
  train: 'train a tokenizer, or the baseline, on a folder of images',
  encode: 'compress a folder of images to latents',
  decode: 'turn latents back into images',
  latents: 'look into a folder of latents, check it, or copy it to other formats',
  'train-diffusion': 'train a latent diffusion model on a folder of latents',
  sample: 'draw pictures from a diffusion model',
  evaluate: 'measure how well a model restores images: PSNR, SSIM, perceptual and Fréchet distance',
  compare: 'show side by side how blurry models are, in one page',
  explore: 'look into the latents of your own pictures, in the browser',
  info: 'tell what a model is, of this project or another',
  import: 'copy a model of another project into a folder that can be trained further',
  export: 'write a model for diffusers or for ONNX runtimes',
  weights: 'tell which weight files the perceptual losses need, and fetch them',
  doctor: 'tell what this machine can run and which images of a folder cannot be read',
};

async function main(): Promise<void> {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const program = new Command('latent-vae')
    .description(manifest.description)
    .version(manifest.version)
    .exitOverride()
    .showSuggestionAfterError();
  const asked = process.argv[2] ?? '';
  for (const [name, summary] of Object.entries(verbs)) {
    const command: Command = name === asked ? (await import(`./commands/${name}.js`)).command : new Command(name);
    program.addCommand(command.summary(summary).copyInheritedSettings(program));
  }
  program.addHelpText('after', '\nlatent-vae <command> --help tells every option with its default.');
  if (process.argv.length < 3) program.help();
  await program.parseAsync();
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
    if (error.code === 'commander.excessArguments')
      note("A glob must stand in quotes, or the shell makes many paths of it: 'photos/*.jpg'.");
  } else if (error instanceof UserError) {
    note(`latent-vae: ${error.message}`);
    process.exitCode = interrupted ?? error.exitCode;
  } else {
    const sentence = systemSentence(error);
    if (sentence === null) throw error;
    note(`latent-vae: ${sentence}`);
    process.exitCode = interrupted ?? 1;
  }
});
