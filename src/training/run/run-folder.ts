/**
 * The folder of one training run:
 *
 *     config.json             every option, resolved
 *     metrics.jsonl           one line per step and per validation: what the seed alone decides
 *     times.jsonl             one line per step: when it ended
 *     samples/step-000250.png originals above reconstructions
 *     checkpoint.safetensors  all that resuming needs
 *     checkpoint-before.safetensors  the one before, until a step was computed from the newer one
 *     model.safetensors       the averaged weights, for encode, decode and the rest
 */
import { existsSync, readdirSync } from 'node:fs';
import { appendFile, copyFile, link, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { type RunConfig, resolveRunConfig, runConfigSchema, type TrainOptions } from '../../config/config.js';
import { resolvedThreads } from '../../engine/threads.js';
import { reasonOf, UserError } from '../../errors.js';
import { makeFolder, removeTemporaries, writeFileAtomic } from '../../files.js';
import { modelFileName } from '../../interop/models/open-model.js';
import { type FolderLock, lockFolder } from '../../lock/folder-lock.js';
import { parse, parseJson } from '../../parse.js';
import { metricsFileName, type StepTime, timesFileName } from '../log/log-line.js';
import { type OptionChanges, optionChanges } from './option-changes.js';
import { sampleName, samplesFolder } from './samples.js';

/** A line of its log. */
export type RunLine = { readonly step: number } & Readonly<Record<string, unknown>>;

/** One process at a time has it open: two would write into one log. */
export interface RunFolder<Config = RunConfig> extends AsyncDisposable {
  readonly path: string;
  readonly config: Config;
  /** The options that a resume was told anew, each with its value before and after; none in a new run. */
  readonly changes: OptionChanges;
  readonly checkpointPath: string;
  readonly modelPath: string;
  /** Replaces config.json. */
  saveConfig(config: Config): Promise<void>;
  hasCheckpoint(): boolean;
  /** The checkpoint that is kept while nobody knows whether steps can be computed from the newer one. */
  readonly before: {
    exists(): boolean;
    /** Keeps the checkpoint as it is now. */
    keep(): Promise<void>;
    /** Puts it in the place of the newer one. */
    restore(): Promise<void>;
    drop(): Promise<void>;
  };
  samplePath(step: number): string;
  /** Adds one line to times.jsonl, before that of metrics.jsonl: whoever reads of a step finds its time. */
  appendTime(step: number, seconds: number): Promise<void>;
  /** Adds one line to metrics.jsonl. */
  appendMetrics(line: RunLine): Promise<void>;
  /**
   * Adds the validation after a step to metrics.jsonl, unless a run that ended there was resumed and has it.
   *
   * @returns whether it was added
   */
  appendValidation(step: number, validation: object): Promise<boolean>;
  /** Drops what was logged after `step`: it belongs to steps that no checkpoint holds, and will be logged again. */
  forgetAfter(step: number): Promise<void>;
  /** @throws UserError where another process has taken the folder over */
  assertHeld(): Promise<void>;
}

/**
 * Makes the folder of a new run. A folder that already holds something is refused, never overwritten, save what a training
 * leaves that failed before it wrote its config.json.
 */
export async function createRunFolder<Config extends object>(path: string, config: Config): Promise<RunFolder<Config>> {
  assertFree(path);
  await makeFolder(path);
  return locked(path, async () => {
    assertFree(path);
    await writeConfig(path, config);
    return { config, changes: {} };
  });
}

function assertFree(path: string): void {
  const isLeftover = (name: string) =>
    name.startsWith('.') || (name === samplesFolder && holdsNothing(join(path, name)));
  if (!existsSync(path) || readdirSync(path).every(isLeftover)) return;
  const remedy = existsSync(join(path, 'config.json')) ? 'add --resume to continue it, or choose' : 'choose';
  throw new UserError(`Run folder ${path} is not empty: ${remedy} another --out.`);
}

const holdsNothing = (path: string) => readdirSync(path).length === 0;

type Opened<Config> = Pick<RunFolder<Config>, 'config' | 'changes'>;

/** Opens the folder under its lock, without what a killed process left half written. */
async function locked<Config>(path: string, open: () => Promise<Opened<Config>>): Promise<RunFolder<Config>> {
  const lock = await lockFolder(path, 'trained');
  try {
    await removeTemporaries(path);
    const opened = await open();
    await makeFolder(join(path, samplesFolder));
    return folderAt(path, opened, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** What a resumed run may be told anew: how long it is, how fast it learns, and what changes no number of it. */
export const resumeOptions = [
  'steps',
  'minutes',
  'learningRate',
  'warmupSteps',
  'schedule',
  'gradientClip',
  'gradientCheckpointing',
  'tensorboard',
  'threads',
] as const;
/** What a resumed run may be told anew. */
export type ResumeChanges = { readonly [Option in (typeof resumeOptions)[number]]?: TrainOptions[Option] | undefined };

/** Opens a run to go on with it; changes are written into its config.json. */
export async function resumeRunFolder(path: string, changes: ResumeChanges): Promise<RunFolder> {
  const saved = await readRunConfig(path, runConfigSchema);
  return reopenRunFolder(path, saved, changes, (options) => {
    // Presets may have changed since the run was started: what it lowers stays.
    const images = saved.pictures ?? saved.directory ?? '';
    const facts = { model: saved.model, isOwn: saved.isOwnNetwork };
    const threads = changes.threads === undefined ? saved.threads : resolvedThreads(options.threads);
    return { ...resolveRunConfig(images, options, facts), objective: saved.objective, threads };
  });
}

/**
 * Opens a run of any kind to go on with it.
 *
 * @param changes undefined ones change nothing; a new length takes the place of the old one, whichever way that was given
 * @param resolveWith the config that changed options make
 */
export async function reopenRunFolder<Config extends Reopened>(
  path: string,
  saved: Config,
  changes: Readonly<Record<string, unknown>>,
  resolveWith: (options: Config['options']) => Config,
): Promise<RunFolder<Config>> {
  return locked(path, () => changedConfig(path, saved, changes, resolveWith));
}

interface Reopened {
  readonly options: object;
  readonly threads?: number | undefined;
}

async function changedConfig<Config extends Reopened>(
  path: string,
  saved: Config,
  changes: Readonly<Record<string, unknown>>,
  resolveWith: (options: Config['options']) => Config,
): Promise<Opened<Config>> {
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  if (Object.keys(given).length === 0) return { config: saved, changes: {} };
  const isOfOtherLength = 'steps' in given || 'minutes' in given;
  const options = { ...saved.options, ...(isOfOtherLength && { steps: undefined, minutes: undefined }), ...given };
  const config = resolveWith(options);
  await writeConfig(path, config);
  return { config, changes: optionChanges(withThreads(saved), withThreads(config)) };
}

/** Options with the threads that theirs came to. */
const withThreads = ({ options, threads }: Reopened) => ({ ...options, ...(threads !== undefined && { threads }) });

/** The next free name of the form runs/000-kl-f8-tiny. */
export function nextRunPath(preset: string, parent = 'runs'): string {
  const numbers = existsSync(parent) ? readdirSync(parent).map((name) => Number.parseInt(name, 10)) : [];
  const next = Math.max(-1, ...numbers.filter(Number.isInteger)) + 1;
  return join(parent, `${String(next).padStart(3, '0')}-${preset}`);
}

async function writeConfig(path: string, config: object): Promise<void> {
  await writeFileAtomic(join(path, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
}

/** The config.json of a run, checked against the schema of its kind. */
export async function readRunConfig<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
  const file = join(path, 'config.json');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const what = existsSync(path) && !existsSync(file) ? 'it holds no config.json' : reasonOf(error);
    throw new UserError(`${path} is no run folder (${what}): pass the --out of a training.`);
  });
  return parse(schema, parseJson(text, file, 'restore it or train anew'), file);
}

function folderAt<Config>(path: string, opened: Opened<Config>, lock: FolderLock): RunFolder<Config> {
  const metricsPath = join(path, metricsFileName);
  const timesPath = join(path, timesFileName);
  const checkpointPath = join(path, 'checkpoint.safetensors');
  const beforePath = join(path, 'checkpoint-before.safetensors');
  const append = (file: string) => async (line: RunLine) => {
    await lock.assertHeld();
    await appendFile(file, `${JSON.stringify(line)}\n`);
  };
  return {
    path,
    ...opened,
    checkpointPath,
    modelPath: join(path, modelFileName),
    async saveConfig(config) {
      await lock.assertHeld();
      await writeConfig(path, config as object);
    },
    hasCheckpoint: () => existsSync(checkpointPath),
    before: {
      exists: () => existsSync(beforePath),
      async keep() {
        await lock.assertHeld();
        await rm(beforePath, { force: true });
        // Not all file systems have links.
        await link(checkpointPath, beforePath).catch(() => copyFile(checkpointPath, beforePath));
      },
      async restore() {
        await lock.assertHeld();
        await rename(beforePath, checkpointPath);
        // A second name of the same file is not renamed.
        await rm(beforePath, { force: true });
      },
      drop: () => rm(beforePath, { force: true }),
    },
    samplePath: (step) => join(path, samplesFolder, sampleName(step)),
    async appendTime(step, seconds) {
      const time: StepTime = { step, seconds: rounded(seconds), unixSeconds: rounded(Date.now() / 1000) };
      await append(timesPath)({ ...time });
    },
    appendMetrics: append(metricsPath),
    async appendValidation(step, validation) {
      const last = (await linesOf(metricsPath)).at(-1);
      const logged = last === undefined ? {} : JSON.parse(last);
      const isNew = logged.step !== step || logged.validation === undefined;
      if (isNew) await append(metricsPath)({ step, validation });
      return isNew;
    },
    async forgetAfter(step) {
      for (const file of [metricsPath, timesPath]) {
        if (!existsSync(file)) continue;
        const kept = (await linesOf(file)).filter((line) => Number(JSON.parse(line).step) <= step);
        await writeFileAtomic(file, kept.map((line) => `${line}\n`).join(''), lock.assertHeld);
      }
    },
    assertHeld: lock.assertHeld,
    [Symbol.asyncDispose]: lock.release,
  };
}

/** To milliseconds. */
const rounded = (seconds: number) => Math.round(seconds * 1000) / 1000;

/** Those that are complete: the last one may be cut off by a kill. */
async function linesOf(path: string): Promise<string[]> {
  return existsSync(path) ? (await readFile(path, 'utf8')).split('\n').slice(0, -1) : [];
}
