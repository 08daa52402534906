/** Commands run as if somebody had typed them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { note } from './output.js';

const latentVae = fileURLToPath(new URL('../latent-vae.js', import.meta.url));

/** Says what is typed and returns what the command printed on stdout; where it fails, so does the process, with its code. */
export async function typeCommand(...words: readonly (string | number)[]): Promise<string> {
  note(`\n$ latent-vae ${words.join(' ')}`);
  const child = spawn(process.execPath, [latentVae, ...words.map(String)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (!words.includes('--json')) process.stdout.write(text);
  });
  const [code] = await once(child, 'close');
  if (code !== 0) {
    note(`latent-vae ${words[0]} ended with code ${code}.`);
    process.exit(code ?? 1);
  }
  return output;
}
