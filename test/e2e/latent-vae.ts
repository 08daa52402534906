/** The built command, run as a person runs it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../dist/scripts/latent-vae.js', import.meta.url));

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Called with all that was written to stderr so far, whenever there is more. */
  readonly onStderr?: (text: string) => void;
  /** Called with the process once it runs, to send it signals. */
  readonly onStart?: (kill: (signal: NodeJS.Signals) => void, pid: number) => void;
}

export async function latentVae(args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
  const env = { ...process.env, ...options.env };
  const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
    options.onStderr?.(output.stderr);
  });
  options.onStart?.((signal) => child.kill(signal), child.pid ?? 0);
  const [code] = await once(child, 'close');
  return { code, ...output };
}

/** Runs a command that must succeed and returns its `--json` object. */
export async function latentVaeJson(args: readonly string[], options?: RunOptions) {
  const { code, stdout, stderr } = await latentVae([...args, '--json'], options);
  if (code !== 0) throw new Error(`latent-vae ${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

export const newFolder = () => mkdtemp(join(tmpdir(), 'latent-vae-test-'));

export async function readLines(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').slice(0, -1);
}
