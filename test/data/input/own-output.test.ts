import { expect, test } from 'vitest';
import { ownOutput } from '../../../src/data/input/search/own-output.js';

const made = (files: Readonly<Record<string, string>>) =>
  ownOutput(new Set(Object.keys(files)), async (file) => files[file] ?? '');

test('a folder is told by the files that this tool leaves in it', async () => {
  const run = { 'config.json': '{"formatVersion": 3}' };
  expect(await made({ 'manifest.json': '{\n "format": "latent-vae/latents"' })).toBe(
    'stores of latents that encode wrote',
  );
  expect(await made({ 'decoded.json': '{"format":"latent-vae/decoded"}' })).toBe('pictures that decode wrote');
  expect(await made({ 'samples.json': '{"format":"latent-vae/samples"}' })).toBe('pictures that sample drew');
  expect(await made({ ...run, 'metrics.jsonl': '' })).toBe('runs that train wrote');
  expect(await made({ ...run, samples: '' })).toBe('runs that train wrote');
  expect(await made({ 'report.json': '{"schemaVersion":1}', 'index.html': '' })).toBe('reports that compare wrote');
});

test('and not by files of the same names that others write', async () => {
  expect(await made({})).toBeUndefined();
  expect(
    await made({ 'manifest.json': '{"format": "another"}', 'config.json': '{"formatVersion": 1}' }),
  ).toBeUndefined();
  expect(await made({ 'config.json': '{"model_type": "x"}', samples: '', 'metrics.jsonl': '' })).toBeUndefined();
  expect(await made({ 'report.json': '{"schemaVersion":1}' })).toBeUndefined();
  // What is not there is not read.
  expect(await ownOutput(new Set(['a.png']), () => Promise.reject(new Error('was read')))).toBeUndefined();
});
