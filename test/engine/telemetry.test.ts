/** ONNX Runtime tells nobody what is computed, and leaves nothing in a home folder. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../bundle.js';

let program: string;
beforeAll(async () => {
  program = await bundle(fileURLToPath(new URL('telemetry-child.ts', import.meta.url)));
});

/** Without what ONNX Runtime takes for a machine that nobody works at. */
function runProgram(args: readonly string[], env: Record<string, string>) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    env: { PATH: process.env.PATH, ...env },
  });
  expect(stderr.toString()).toBe('');
  expect(status).toBe(0);
  return stdout.toString();
}

describe('ONNX Runtime', () => {
  it.each(['main', 'worker', 'child'])('is loaded in a %s and leaves an empty home empty', (where) => {
    const home = mkdtempSync(join(tmpdir(), 'latent-vae-home-'));
    expect(runProgram([where, 'load'], { HOME: home, XDG_CACHE_HOME: join(home, 'cache') })).toBe('1');
    expect(readdirSync(home)).toEqual([]);
  });

  it.each(['main', 'worker', 'child'])("obeys a user's own setting in a %s", (where) => {
    expect(runProgram([where], { ORT_DISABLE_TELEMETRY: '0' })).toBe('0');
  });
});
