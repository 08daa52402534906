/** The page of examples: every file of examples/, in the order of its README. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const languages = { '.ts': 'ts', '.py': 'python', '.html': 'html', '.yaml': 'yaml', '.sbatch': 'bash', '.sh': 'bash' };

/** A section for each folder; its name is the anchor that other pages link to. */
export function examplesPage() {
  const readme = readFileSync(join(examples, 'README.md'), 'utf8');
  const rows = [...readme.matchAll(/^\| (\[.*?) \| (.*) \|$/gm)];
  const sections = rows.flatMap(([, folders, text]) =>
    [...folders.matchAll(/\[([\w-]+)\]/g)].map(([, folder]) => section(folder, text)),
  );
  return ['# Examples', 'Each stands alone; the tests run them all.', ...sections].join('\n\n');
}

function section(folder, text) {
  const files = readdirSync(join(examples, folder)).map((name) => {
    const content = readFileSync(join(examples, folder, name), 'utf8').trimEnd();
    return `\`examples/${folder}/${name}\`\n\n\`\`\`${languages[extname(name)] ?? 'text'}\n${content}\n\`\`\``;
  });
  return [`## ${folder}`, `${text[0].toUpperCase()}${text.slice(1)}.`, ...files].join('\n\n');
}
