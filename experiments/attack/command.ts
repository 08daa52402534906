/** The command `latent-vae` in a process of its own, watched: how it ended, what it said, how long it took. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const latentVae = fileURLToPath(new URL('../../scripts/latent-vae.js', import.meta.url));

/** Longer than anything here takes on a machine with other work. */
const patienceMs = 90_000;
/** More than any of the small models here may want: what takes it before it is refused is a failure. */
const mostBytes = 2e9;
const pageBytes = 4096;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  readonly stdout: string;
  readonly ms: number;
  readonly hung: boolean;
  readonly tookTooMuchMemory: boolean;
}

export interface TypedOptions {
  /** Words before the command, such as `unshare …`. */
  readonly before?: readonly string[];
  readonly cwd?: string;
  readonly onStart?: (child: ChildProcess) => void;
}

/** Runs `latent-vae WORDS…` to its end, or to that of our patience. */
export function typed(words: readonly string[], { before = [], cwd, onStart }: TypedOptions = {}): Promise<Ended> {
  const [program = '', ...args] = [...before, process.execPath, latentVae, ...words];
  const started = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(cwd !== undefined && { cwd }) });
  const said = { stdout: '', stderr: '', hung: false, tookTooMuchMemory: false };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text;
  });
  const end = (why: 'hung' | 'tookTooMuchMemory') => {
    said[why] = true;
    child.kill('SIGKILL');
  };
  const patience = setTimeout(() => end('hung'), patienceMs);
  const memory = setInterval(() => {
    if (residentBytes(child.pid) > mostBytes) end('tookTooMuchMemory');
  }, 200);
  onStart?.(child);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(patience);
      clearInterval(memory);
      resolve({ code, signal, ms: performance.now() - started, ...said });
    });
  });
}

function residentBytes(pid: number | undefined): number {
  try {
    return pageBytes * Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  } catch {
    // It has ended, or this system tells nothing of it.
    return 0;
  }
}

/** A command that must succeed, to make what is attacked. */
export async function made(...words: readonly string[]): Promise<Ended> {
  const ended = await typed(words);
  if (ended.code !== 0) throw new Error(`latent-vae ${words.join(' ')} ended with ${ended.code}: ${ended.stderr}`);
  return ended;
}

const stack = /^\s+at .+[:(]/m;
/** All but line feeds, which stand between lines, and tabulators. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for
const rawControl = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** Why an end is none that a command may have, or undefined: refusals are said in a few lines, without a stack. */
export function misbehaviour({ code, signal, stderr, stdout, hung, tookTooMuchMemory }: Ended): string | undefined {
  if (hung) return 'hung';
  if (tookTooMuchMemory) return 'took too much memory';
  if (signal !== null) return `died of ${signal}`;
  if (stack.test(stderr)) return 'showed a stack';
  if (rawControl.test(stderr) || rawControl.test(stdout)) return 'printed raw control characters';
  if (code !== 0 && code !== 1 && code !== 2) return `ended with code ${code}`;
  // What verify finds stands on stdout.
  if (code !== 0 && stderr.trim() === '' && stdout.trim() === '') return `ended with code ${code} without a word`;
  return undefined;
}
