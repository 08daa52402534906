/**
 * One writer per prefix. Every writer has an object of its own below `.lock/`, which nobody else writes or removes while it beats, and
 * then lists them: whoever sees another living one steps back. Of two that begin at once at least one sees the other, because
 * a listing shows all that was written before it (S3 since December 2020, and the stores that speak its language). No conditional
 * write is needed, which some servers ignore.
 */
import { UserError } from '../../errors.js';
import type { FolderLock } from '../../lock/folder-lock.js';
import { nameOf, ownTokens, parseHolder, stateOf, thisProcess } from '../../lock/holder.js';
import type { S3Client } from './client.js';
import { deleteObject, getObject, type ListedObject, listPages, putObject } from './objects.js';

const beatMs = 30_000;
/** A writer that was not heard of for so long, by the server's clock, is given up. */
const staleMs = 120_000;

/** @throws UserError where another writer is at work, or began in the same moment */
export async function lockPrefix(client: S3Client, prefix: string, url: string): Promise<FolderLock> {
  const holder = thisProcess();
  const folder = `${prefix}.lock/`;
  const own = `${folder}${holder.token}.json`;
  const mark = () => putObject(client, own, Buffer.from(`${JSON.stringify(holder)}\n`));

  async function listWriters(): Promise<{ isOwnThere: boolean; others: string[] }> {
    const others: string[] = [];
    let isOwnThere = false;
    for await (const { objects, nowMs } of listPages(client, folder)) {
      for (const object of objects) {
        if (object.key === own) {
          isOwnThere = true;
          continue;
        }
        const name = await livingName(client, object, nowMs);
        if (name === undefined) await deleteObject(client, object.key);
        else others.push(name);
      }
    }
    return { isOwnThere, others };
  }

  const giveUp = async () => {
    await deleteObject(client, own);
    ownTokens.delete(holder.token);
  };
  // Before it stands in an object: others in this process would take a token of its own that they do not know for a dead one's.
  ownTokens.add(holder.token);
  await mark().catch((error: unknown) => {
    ownTokens.delete(holder.token);
    throw error;
  });
  const {
    others: [other],
  } = await listWriters().catch(async (error: unknown) => {
    await giveUp();
    throw error;
  });
  if (other !== undefined) {
    await giveUp();
    throw new UserError(`${url} is being written by ${other}: wait for its end, or choose another prefix.`);
  }
  let failure: unknown;
  const beat = setInterval(() => {
    mark().then(
      () => {
        failure = undefined;
      },
      (error: unknown) => {
        failure = error;
      },
    );
  }, beatMs);
  beat.unref();
  return {
    async assertHeld() {
      const {
        isOwnThere,
        others: [taker],
      } = await listWriters();
      if (isOwnThere && taker === undefined) return;
      const what = taker === undefined ? 'is gone' : `was taken over by ${taker}`;
      throw new UserError(
        `The lock of ${url} ${what}, so this process stopped writing: what was reported as done is kept. Run the command again ` +
          'when no other one writes there.',
        { cause: failure },
      );
    },
    async release() {
      clearInterval(beat);
      await giveUp();
    },
  };
}

/** Undefined for a writer that died. */
async function livingName(
  client: S3Client,
  { key, changedMs }: ListedObject,
  nowMs: number,
): Promise<string | undefined> {
  const content = await getObject(client, key).catch((error: unknown) => {
    // It was given back meanwhile.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  const holder = content && parseHolder(content.toString('utf8'));
  if (content === undefined) return undefined;
  const state = holder === undefined ? 'unknown' : stateOf(holder);
  const ageMs = nowMs - changedMs;
  if (state === 'dead' || (state === 'unknown' && ageMs >= staleMs)) return undefined;
  const name = holder === undefined ? 'another process' : nameOf(holder);
  if (state === 'alive') return name;
  const seconds = Math.max(0, Math.round(ageMs / 1000));
  return `${name} (its last sign of life is ${seconds} s old; after ${staleMs / 1000} s it counts as dead)`;
}
