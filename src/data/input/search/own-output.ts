/** Folders that this tool wrote: what lies in them is no data, unless they are what is asked for. */
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

/** Names of files and folders by which a folder is told; others need not be known. */
export const markNames: ReadonlySet<string> = new Set(marks.flatMap(({ file, beside }) => [file, beside ?? file]));

/** What made the folder of these names, if this tool did. @param read gives the text of a file in it */
export async function ownOutput(
  names: ReadonlySet<string>,
  read: (file: string) => Promise<string>,
): Promise<string | undefined> {
  for (const { file, beside, content, what } of marks) {
    if (!names.has(file) || (beside !== undefined && !names.has(beside))) continue;
    if (content.test(await read(file))) return what;
  }
  return undefined;
}
