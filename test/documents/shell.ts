/** Command lines of documents, taken apart as a shell does it. */

/** The words of each simple command in `script`: continued lines joined, comments, redirections and what is quoted understood. */
export function shellCommands(script: string): string[][] {
  const commands: string[][] = [];
  for (const line of script.replace(/\\\n\s*/g, ' ').split('\n')) {
    let words: string[] = [];
    for (const [token] of line.matchAll(/#.*$|&&|\|\||[|;&]|>>?|(?:'[^']*'|"[^"]*"|\\.|[^\s'"|;&>])+/g)) {
      if (token.startsWith('#')) break;
      if (/^(&&|\|\||[|;&])$/.test(token)) {
        commands.push(words);
        words = [];
      } else words.push(/^['"]/.test(token) ? token : token.replace(/\\(.)/g, '$1'));
    }
    commands.push(words);
  }
  return commands.filter((words) => words.length > 0);
}

/** What stands before a program without being one: settings, and programs that start others. */
const isPrefix = (word: string) => /^[A-Z_]+=|^(\$|npx|nice|mpiexec[.\w]*|-n|\d+)$/.test(word);

/** What is typed after `latent-vae` in a command that runs it. */
export function latentVaeArguments(words: readonly string[]): string[] | undefined {
  const program = words.findIndex((word) => !isPrefix(word));
  if (words[program] !== 'latent-vae') return undefined;
  const redirected = words.findIndex((word) => /^>>?$/.test(word));
  return words
    .slice(program + 1, redirected < 0 ? undefined : redirected)
    .map((word) => word.replace(/^(['"])(.*)\1$/, '$2'));
}
