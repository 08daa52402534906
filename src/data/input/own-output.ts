/** Folders that this tool wrote: what lies in them is no data, unless they are what is asked for. */
import { Buffer } from 'node:buffer';
import type { Dirent } from 'node:fs';
import { readFile } from 'node:fs/promises';

interface Mark {
  readonly file: string;
  /** Another file that must be there too. */
  readonly beside?: string;
  readonly content: RegExp;
  readonly what: string;
}

const marks: readonly Mark[] = [
  { file: 'manifest.json', content: /"format":\s*"latent-vae\/latents"/, what: 'stores of latents that encode wrote' },
  { file: 'decoded.json', content: /"format":\s*"latent-vae\/decoded"/, what: 'pictures that decode wrote' },
  { file: 'samples.json', content: /"format":\s*"latent-vae\/samples"/, what: 'pictures that sample drew' },
  { file: 'config.json', beside: 'metrics.jsonl', content: /"formatVersion":/, what: 'runs that train wrote' },
  { file: 'config.json', beside: 'samples', content: /"formatVersion":/, what: 'runs that train wrote' },
  { file: 'report.json', beside: 'index.html', content: /"schemaVersion":/, what: 'reports that compare wrote' },
];

/** What made the folder of these entries, if this tool did. */
export async function ownOutput(folder: Buffer, entries: readonly Dirent<Buffer>[]): Promise<string | undefined> {
  const names = new Set(entries.map(({ name }) => name.toString('latin1')));
  for (const { file, beside, content, what } of marks) {
    if (!names.has(file) || (beside !== undefined && !names.has(beside))) continue;
    const text = await readFile(Buffer.concat([folder, Buffer.from(`/${file}`)]), 'latin1').catch(() => '');
    if (content.test(text)) return what;
  }
  return undefined;
}
