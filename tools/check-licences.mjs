/** Fails where a package that users install has a licence that asks more of them than to name it. */
import { readFileSync } from 'node:fs';

const permissive = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'Unlicense',
]);

/** What README names, with why it may be there: libraries of their own, which a program loads and anybody can replace. */
const named = [
  {
    packages: /^@img\/sharp-(libvips-|win32-|wasm32|webcontainers)/,
    licence: /^LGPL-3\.0-or-later$|AND LGPL-3\.0-or-later/,
  },
];

const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
const installed = Object.entries(packages)
  .filter(([path, { dev }]) => path !== '' && !dev)
  .map(([path, { license = 'none' }]) => ({ name: path.split('node_modules/').at(-1), licence: String(license) }));

/** `(A OR B)` lets its user choose, `A AND B` does not. */
const isPermissive = (licence) =>
  licence
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((one) => permissive.has(one.replace(/[()]/g, '').trim())));

const refused = installed.filter(
  ({ name, licence }) =>
    !isPermissive(licence) && !named.some((one) => one.packages.test(name) && one.licence.test(licence)),
);
for (const { name, licence } of refused) {
  process.stderr.write(
    `${name} is under ${licence}, wanted a permissive licence: replace it, or make it optional and say so in README.\n`,
  );
}
process.exitCode = refused.length > 0 ? 1 : 0;
