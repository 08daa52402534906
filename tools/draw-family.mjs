/** Draws docs/explanations/family.png: pictures of docs/blurriness.html, from the vanilla VAE to the tokenizer. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const at = (path) => fileURLToPath(new URL(`../docs/${path}`, import.meta.url));
const models = [
  ['Original', 'original'],
  ['Vanilla VAE', 'vanilla VAE: 128 floats'],
  ['Vector of 2048, weak KL', 'vector, 2,048, weak KL'],
  ['Grid, full KL', 'grid, 2,048, full KL'],
  ['Grid of 256, weak KL', 'grid, 256, weak KL'],
  ['Grid, weak KL', 'grid, 2,048, weak KL'],
  ['Grid + perceptual + GAN', '+ perceptual + GAN'],
];
const pictures = ['dead-leaves/00000.png', 'glyphs/00001.png', 'textures/00001.png'];
const [side, gap, head] = [140, 6, 22];

/** The pictures of the page, by model and name: `Grid, weak KL of bricks/00003.png`. */
const shown = new Map(
  [...readFileSync(at('blurriness.html'), 'utf8').matchAll(/base64,([^"]+)" alt="([^"]+ of [^"]+)"/g)].map(
    ([, content, name]) => [name, Buffer.from(content, 'base64')],
  ),
);

const tiles = await Promise.all(
  pictures.flatMap((picture, row) =>
    models.map(async ([model], column) => {
      const content = shown.get(`${model} of ${picture}`);
      if (content === undefined) throw new Error(`docs/blurriness.html has no picture "${model} of ${picture}"`);
      const input = await sharp(content).resize(side, side, { kernel: 'nearest' }).toBuffer();
      return { input, left: gap + column * (side + gap), top: head + row * (side + gap) };
    }),
  ),
);
const [width, height] = [gap + models.length * (side + gap), head + pictures.length * (side + gap)];
const words = models.map(
  ([, label], column) => `<text x="${gap + column * (side + gap)}" y="15" font-size="11.5">${label}</text>`,
);
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" fill="#1d1f23"><rect width="100%" height="100%" fill="#fbfaf8"/>${words.join('')}</svg>`;
await sharp(Buffer.from(svg))
  .composite(tiles)
  .png({ compressionLevel: 9, palette: true, quality: 90 })
  .toFile(at('explanations/family.png'));
