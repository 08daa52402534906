/** What each door of the package loads, by following its static imports. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Packages that loading `path` loads, types aside. */
function packagesOf(path: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(path)) return packages;
  seen.add(path);
  const code = readFileSync(path, 'utf8');
  for (const [, clause = '', from = ''] of code.matchAll(/^(?:import|export) (?:([^;'"]*?) from )?'([^']+)';/gm)) {
    if (/^type\b/.test(clause)) continue;
    if (!from.startsWith('.')) packages.add(from);
    else for (const each of packagesOf(join(dirname(path), from.replace(/\.js$/, '.ts')), seen)) packages.add(each);
  }
  return packages;
}

const doors = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).exports as Record<string, unknown>;
const heavy = ['@tensorflow/tfjs-core', 'onnxruntime-node', 'sharp', '@observablehq/plot', 'linkedom'];
const loaded = (door: string) => {
  const packages = packagesOf(join(root, 'src/exports', `${door}.ts`));
  return heavy.filter((name) => packages.has(name));
};

it('every door has a file', () => {
  const names = Object.keys(doors).filter((name) => !['.', './package.json', './web'].includes(name));
  expect(names.length).toBeGreaterThanOrEqual(6);
  for (const name of names) expect(packagesOf(join(root, 'src/exports', `${name.slice(2)}.ts`))).toBeInstanceOf(Set);
});

it('reading latents loads no tensor library and no image library', () => {
  expect(loaded('latents')).toEqual([]);
});

it('the engine knows no pictures', () => {
  expect(loaded('engine')).not.toContain('sharp');
});

it.each(['tokenizer', 'train', 'evaluation', 'engine'])('%s loads no plots and no DOM', (door) => {
  expect(loaded(door)).not.toContain('@observablehq/plot');
  expect(loaded(door)).not.toContain('linkedom');
});
