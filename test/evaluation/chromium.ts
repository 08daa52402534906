import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const binary = '/usr/bin/chromium';
export const chromiumPresent = existsSync(binary);

const quiet = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
  '--enable-logging=stderr',
  '--virtual-time-budget=4000',
];

/** Opens a local page; returns its document after scripts have run, and what it wrote to the console. */
export async function browse(page: string, ...flags: string[]): Promise<{ html: string; consoleLines: string[] }> {
  const profile = await mkdtemp(join(tmpdir(), 'chromium-'));
  try {
    const { stdout, stderr } = await promisify(execFile)(
      binary,
      [...quiet, `--user-data-dir=${profile}`, ...flags, '--dump-dom', `file://${page}`],
      { maxBuffer: 2 ** 27, timeout: 100_000 },
    );
    return { html: stdout, consoleLines: stderr.split('\n').filter((line) => line.includes('CONSOLE')) };
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
