/** The log of a run as an event file, which TensorBoard shows. */
import { existsSync } from 'node:fs';
import { appendFile, readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { appendBytes, makeFolder, writeAtomically } from '../../../files.js';
import { sampleName, samplesFolder } from '../../run/samples.js';
import { type LogLine, metricsFileName } from '../log-line.js';
import { logTime, readLog } from '../read-log.js';
import { fileHead, pictureEvent, scalarEvent } from './event.js';

/** Ours are told from those of others by their end. */
const nameOf = (unixSeconds: number, number: number) =>
  `events.out.tfevents.${Math.floor(unixSeconds)}.${number}.latent-vae`;
const ownName = /^events\.out\.tfevents\.\d+\.(\d+)\.latent-vae$/;

/** An event file that grows with the log. */
export interface EventFile {
  readonly path: string;
  /** Adds a line that was logged now, and the picture beside it where it is of a validation. */
  add(line: LogLine): Promise<void>;
}

/**
 * Writes all that a run has logged into a new event file in the folder `out`, and empties those that earlier calls wrote
 * there: no step stands there twice, however often a training was resumed. A TensorBoard that is running would wait for ever
 * for more of a file that is gone; from an empty one it goes on to the new one. The next call removes it.
 *
 * @throws UserError where a line of the log is broken
 */
export async function writeEventFile(run: string, out: string): Promise<EventFile> {
  await makeFolder(out);
  const earlier = (await readdir(out)).filter((name) => ownName.test(name));
  const now = Date.now() / 1000;
  // Read in the order of their names, also where two are begun within a second.
  const number = 1 + Math.max(0, ...earlier.map((name) => Number(ownName.exec(name)?.[1])));
  const path = join(out, nameOf(now, number));
  await writeAtomically(path, async (handle) => {
    await appendBytes(handle, fileHead(now));
    for await (const bytes of eventsOf(run)) await appendBytes(handle, bytes);
  });
  for (const name of earlier) await emptyOrRemove(join(out, name));
  return {
    path,
    async add(line) {
      await appendFile(path, await eventsOfLine(run, line, Date.now() / 1000));
    },
  };
}

async function emptyOrRemove(path: string): Promise<void> {
  const { size } = await stat(path);
  await (size > 0 ? truncate(path) : rm(path));
}

async function* eventsOf(run: string): AsyncGenerator<Buffer> {
  if (!existsSync(join(run, metricsFileName))) return;
  const written = await logTime(run);
  for await (const line of readLog(run)) yield await eventsOfLine(run, line, line.time?.unixSeconds ?? written);
}

async function eventsOfLine(run: string, { step, values, isValidation }: LogLine, unixSeconds: number) {
  const time = { step, unixSeconds };
  const scalars = new Map([...values].map(([name, value]) => [tagOf(name, isValidation), value]));
  const events = scalars.size === 0 ? [] : [scalarEvent(time, scalars)];
  const png = isValidation ? await pictureOf(run, step) : undefined;
  if (png) events.push(pictureEvent(time, { tag: 'samples', png }));
  return Buffer.concat(events);
}

/** `train/kl`, `validation/psnrDb`, `train/channelKl/0`: TensorBoard groups by what stands before the first slash. */
function tagOf(name: string, isValidation: boolean): string {
  return `${isValidation ? '' : 'train/'}${name.replaceAll('.', '/')}`;
}

async function pictureOf(run: string, step: number): Promise<Uint8Array | undefined> {
  return readFile(join(run, samplesFolder, sampleName(step))).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
