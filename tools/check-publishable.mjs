/** Refuses to publish while package.json does not say where the repository is: README's links lead nowhere on the registry then. */
import { readFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const missing = ['author', 'bugs', 'homepage', 'repository'].filter((field) => manifest[field] === undefined);
if (missing.length > 0) {
  process.stderr.write(
    `package.json lacks ${missing.join(', ')}, which the registry makes README's links of: write the address of the repository there.\n`,
  );
  process.exitCode = 1;
}
