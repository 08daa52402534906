import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fg from 'fast-glob';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { writeSyntheticImages } from '../../src/data/synthetic/write.js';
import { latentVae, latentVaeJson, newFolder } from './latent-vae.js';

let folder: string;
let images: string;
let tokenizer: string;
let baseline: string;
let latents: string;

const shape = ['--size', '32', '--batch', '4', '--validation-images', '4'];
const readableOddities = 7;
const broken = ['odd/empty.jpg', 'odd/text.jpg', 'odd/truncated.jpg'];

/** Files as a real folder has them: odd ones that can be read and broken ones that cannot. */
async function addOddFiles(odd: string) {
  await mkdir(odd);
  const noise = sharp({
    create: {
      width: 60,
      height: 40,
      channels: 3,
      background: '#888',
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
    },
  });
  const file = (name: string) => join(odd, name);
  await noise.clone().toColourspace('rgb16').png().toFile(file('16-bit.png'));
  await noise.clone().toColourspace('cmyk').jpeg().toFile(file('cmyk.jpg'));
  await noise.clone().greyscale().png().toFile(file('grey.png'));
  await noise.clone().ensureAlpha(0.5).png().toFile(file('alpha.png'));
  await noise.clone().withMetadata({ orientation: 6 }).jpeg().toFile(file('rotated.jpg'));
  await sharp({ create: { width: 1, height: 1, channels: 3, background: '#f00' } })
    .png()
    .toFile(file('1x1.png'));
  await sharp({ create: { width: 20_000, height: 10, channels: 3, background: '#0f0' } })
    .png()
    .toFile(file('20000x10.png'));
  await noise.clone().jpeg().toFile(file('truncated.jpg'));
  await truncate(file('truncated.jpg'), 700);
  await writeFile(file('empty.jpg'), '');
  await writeFile(file('text.jpg'), 'no picture at all');
}

beforeAll(async () => {
  folder = await newFolder();
  [images, tokenizer, baseline, latents] = ['images', 'tokenizer', 'baseline', 'latents'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  await writeSyntheticImages(images, { images: 36, size: 32, seed: 2 });
  await addOddFiles(join(images, 'odd'));
});

test('train passes over broken files and names them', async () => {
  const common = [...shape, '--steps', '6'];
  const first = await latentVaeJson(['train', images, '--preset', 'kl-f4-tiny', '--out', tokenizer, ...common]);
  expect(first).toMatchObject({ run: tokenizer, steps: 6, images: 24, interrupted: false });
  expect(first.imagesPerSecond).toBeGreaterThan(0);
  const second = await latentVaeJson(['train', images, '--preset', 'vector-vae', '--out', baseline, ...common]);
  expect(second.validation.images).toBeGreaterThan(0);
});

test('a run folder in use is refused, not overwritten', async () => {
  const before = await readFile(join(tokenizer, 'metrics.jsonl'), 'utf8');
  const { code, stderr } = await latentVae(['train', images, '--out', tokenizer, ...shape]);
  expect(code).toBe(2);
  expect(stderr).toContain('--resume');
  expect(await readFile(join(tokenizer, 'metrics.jsonl'), 'utf8')).toBe(before);
});

test('encode compresses every readable file, lists the others, and adds nothing the second time', async () => {
  const result = await latentVaeJson(['encode', images, '--model', tokenizer, '--out', latents, '--batch', '4']);
  expect(result.images).toBe(36 + readableOddities);
  expect(result.skipped.map(({ path }: { path: string }) => path).sort()).toEqual(broken);
  for (const { reason } of result.skipped) expect(reason).toMatch(/^[^\n]{5,120}$/);
  expect(result.shards).toBe(1);
  expect(result.sizeBytes).toBeGreaterThan(result.images * 2 * 8 * 8 * 8 * 4);
  const again = await latentVaeJson(['encode', images, '--model', tokenizer, '--out', latents, '--batch', '4']);
  expect(again).toMatchObject({ images: result.images, encoded: 0, sizeBytes: result.sizeBytes });
});

test('worker threads make the same store to the byte, and skip the same files', async () => {
  const out = join(folder, 'by-workers');
  await latentVaeJson(['encode', images, '--model', tokenizer, '--out', out, '--batch', '4', '--workers', '2']);
  for (const name of await readdir(latents)) {
    expect((await readFile(join(out, name))).equals(await readFile(join(latents, name))), name).toBe(true);
  }
});

test('decode restores the folder tree from the latents', async () => {
  const out = join(folder, 'restored');
  await latentVaeJson(['decode', latents, '--model', tokenizer, '--out', out, '--batch', '4']);
  const files = await fg('**/*.png', { cwd: out });
  expect(files).toHaveLength(36 + readableOddities);
  const { width, height } = await sharp(join(out, files[0] as string)).metadata();
  expect([width, height]).toEqual([32, 32]);
});

test('latents of another model are refused', async () => {
  const { code, stderr } = await latentVae(['decode', latents, '--model', baseline, '--out', join(folder, 'wrong')]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/latents/);
  expect(existsSync(join(folder, 'wrong', 'odd'))).toBe(false);
});

test('evaluate measures what was not trained on, and with --trained-on every readable file', async () => {
  const unseen = await latentVaeJson(['evaluate', images, '--model', tokenizer]);
  expect(unseen.images).toBeLessThan(36 / 4);
  expect(unseen.warning).toBeUndefined();
  const all = await latentVaeJson(['evaluate', images, '--model', tokenizer, '--trained-on']);
  const { images: count, psnrDb, ssim, skipped, warning } = all;
  expect(warning).toContain('saw');
  expect(count).toBe(36 + readableOddities);
  expect(skipped).toHaveLength(broken.length);
  expect(psnrDb).toBeGreaterThan(3);
  expect(psnrDb).toBeLessThan(60);
  expect(Math.abs(ssim)).toBeLessThanOrEqual(1);
});

test('compare writes one self-contained page and prints its table', async () => {
  const out = join(folder, 'report');
  const args = ['compare', images, '--models', `${tokenizer},${baseline}`, '--out', out];
  const { code, stdout } = await latentVae(args);
  expect(code).toBe(0);
  expect(stdout).toMatch(/PSNR/);
  expect(stdout).toMatch(/tokenizer[\s\S]*baseline/);
  const page = await readFile(join(out, 'index.html'), 'utf8');
  expect(page).toContain('data:image/webp;base64,');
  expect(page).not.toMatch(/(src|href)="https?:/);
  const { models } = JSON.parse(await readFile(join(out, 'report.json'), 'utf8'));
  expect(models.map(({ latentFloats }: { latentFloats: number }) => latentFloats)).toEqual([512, 512]);
});

test('doctor names what this machine can run and which files are broken', async () => {
  const { engines, folder: checked } = await latentVaeJson(['doctor', images]);
  expect(engines).toContainEqual({ engine: 'onnxruntime', device: 'cpu', works: true });
  for (const { works, reason } of engines) expect(works || reason.length > 20).toBe(true);
  expect(checked.images).toBe(36 + readableOddities);
  expect(checked.skipped).toHaveLength(broken.length);
});
