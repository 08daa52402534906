import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { lockFileName, lockFolder, staleMs } from '../../src/lock/folder-lock.js';
import { type LockHolder, thisProcess } from '../../src/lock/holder.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
});

const pathOf = () => join(folder, lockFileName);

/** Leaves a lock as another process would, whose last beat was `ageMs` ago. */
async function leaveLock(changes: Partial<LockHolder>, ageMs = 0): Promise<void> {
  await writeFile(pathOf(), JSON.stringify({ ...thisProcess(), ...changes }));
  const then = new Date(Date.now() - ageMs);
  await utimes(pathOf(), then, then);
}

/** The number and starting time of a process that has ended. */
async function deadProcess(): Promise<number> {
  const child = spawn('true');
  await new Promise((resolve) => child.on('close', resolve));
  return child.pid as number;
}

describe('a lock', () => {
  test('lets one in, and the next one after it was given back', async () => {
    const first = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toThrow(`${folder} is being written by process ${process.pid} on`);
    await first.assertHeld();
    await first.release();
    await first.release();
    const second = await lockFolder(folder);
    await second.release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('of a process of this machine that died is taken over at once', async () => {
    await leaveLock({ pid: await deadProcess() });
    await (await lockFolder(folder)).release();
  });

  test('of a process that was killed while it asked leaves nothing', async () => {
    await leaveLock({ pid: await deadProcess() });
    for (const stray of [`${lockFileName}.11111111-2222-4333-8444-555555555555.tmp`, `${lockFileName}-after-one`])
      await copyFile(join(folder, lockFileName), join(folder, stray));
    await (await lockFolder(folder)).release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('of a process that died and whose number another has by now is taken over at once', async () => {
    await leaveLock({ pid: process.ppid, started: '1' });
    await (await lockFolder(folder)).release();
  });

  test.runIf(process.platform === 'linux')('of a living process is its own however long it was stopped', async () => {
    const child = spawn('sleep', ['60']);
    const status = await readFile(`/proc/${child.pid}/stat`, 'utf8');
    const started = status.slice(status.lastIndexOf(')') + 2).split(' ')[19] as string;
    await leaveLock({ pid: child.pid as number, started }, 10 * staleMs);
    await expect(lockFolder(folder)).rejects.toThrow(`by process ${child.pid} on`);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('close', resolve));
    await (await lockFolder(folder)).release();
  });

  test.each([
    ['another host', { host: 'elsewhere' }],
    ['another start of this host', { boot: 'before' }],
    ['another container', { namespace: 'pid:[1]' }],
  ])('of %s is judged by the age of its beat alone', async (_, changes) => {
    // Here there is no such process, and the same number is that of this one.
    for (const pid of [await deadProcess(), process.pid]) {
      await leaveLock({ ...changes, pid }, staleMs / 2);
      await expect(lockFolder(folder)).rejects.toThrow(/last sign of life is 60 s old; after 120 s it counts as dead/);
      await leaveLock({ ...changes, pid }, staleMs + 5000);
      await (await lockFolder(folder)).release();
    }
  });

  test('that nobody can read is judged by its age', async () => {
    await writeFile(pathOf(), '4711');
    await expect(lockFolder(folder)).rejects.toThrow(/another process/);
    const then = new Date(Date.now() - staleMs - 5000);
    await utimes(pathOf(), then, then);
    await (await lockFolder(folder)).release();
  });

  test('that was taken over stops its former holder, who then leaves the new one alone', async () => {
    const former = await lockFolder(folder);
    await leaveLock({ host: 'elsewhere' });
    const taken = await readFile(pathOf(), 'utf8');
    await expect(former.assertHeld()).rejects.toThrow(/was taken over by process \d+ on elsewhere/);
    await former.release();
    expect(await readFile(pathOf(), 'utf8')).toBe(taken);
  });

  test('of a dead process goes to exactly one of many who ask at once', async () => {
    for (let round = 0; round < 50; round++) {
      await leaveLock({ host: 'elsewhere' }, staleMs + 5000);
      const asked = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
      const won = asked.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      expect(won).toHaveLength(1);
      await won[0]?.assertHeld();
      await won[0]?.release();
    }
    expect(await readdir(folder)).toEqual([]);
  });
});
