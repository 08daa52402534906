import { expect, test } from 'vitest';
import { createMeanColour } from '../../../src/evaluation/measures/mean-colour.js';
import { psnrDb } from '../../../src/evaluation/measures/psnr.js';
import { randomStream } from '../../../src/random.js';

const picture = (width: number, height: number, valueAt: (at: number) => number) => ({
  width,
  height,
  pixels: Uint8Array.from({ length: width * height * 3 }, (_, at) => valueAt(at)),
});

test('is the mean PSNR of pictures in the common mean colour, whatever their sizes', () => {
  const stream = randomStream('mean colour', 1);
  const images = [picture(5, 4, () => stream.integer(256)), picture(7, 3, (at) => (at % 3) * 40 + stream.integer(9))];
  const all = images.flatMap(({ pixels }) => [...pixels]);
  const colour = [0, 1, 2].map((channel) => {
    const values = all.filter((_, at) => at % 3 === channel);
    return Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
  });
  const each = images.map((image) =>
    psnrDb(
      image,
      picture(image.width, image.height, (at) => colour[at % 3]!),
    ),
  );
  const mean = createMeanColour();
  for (const image of images) mean.add(image);
  expect(mean.psnrDb()).toBeCloseTo((each[0]! + each[1]!) / 2, 10);
});

test('black and white in equal parts are 10 log10(255² / 127.5²) dB away from grey', () => {
  const mean = createMeanColour();
  mean.add(picture(2, 2, (at) => (at < 6 ? 0 : 255)));
  // 128² and 127² on average
  expect(mean.psnrDb()).toBeCloseTo(10 * Math.log10(255 ** 2 / ((128 ** 2 + 127 ** 2) / 2)), 12);
});

/** A row of grey pixels. */
const row = (...values: number[]) => picture(values.length, 1, (at) => values[Math.floor(at / 3)]!);

test.each([
  // Mean 5 / 4, so colour 1: mean squared errors 1 and 2.5.
  { rows: [row(0, 2), row(0, 3)], errors: [1, 2.5] },
  // Mean 2 / 4, a half that is rounded up to colour 1: mean squared errors 1 and 1.
  { rows: [row(0), row(0, 0, 2)], errors: [1, 1] },
])('the colour is rounded as pictures are: errors $errors', ({ rows, errors }) => {
  const mean = createMeanColour();
  for (const image of rows) mean.add(image);
  const [first, second] = errors.map((error) => 10 * Math.log10(255 ** 2 / error));
  expect(mean.psnrDb()).toBeCloseTo((first! + second!) / 2, 12);
});
