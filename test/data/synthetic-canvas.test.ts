import { expect, test } from 'vitest';
import { createCanvas, toPixels } from '../../src/data/synthetic/canvas.js';

test('a pixel is the mean of its nine samples, between black and white', () => {
  const canvas = createCanvas(1);
  const pixelOf = (...samples: [number, number, number]) => {
    canvas.samples.set(Array(9).fill(samples).flat());
    return [...toPixels(canvas)];
  };
  expect(pixelOf(0, 0.5, 1)).toEqual([0, 128, 255]);
  expect(pixelOf(-0.5, 1.5, 0.2)).toEqual([0, 255, 51]);
  canvas.samples.fill(0).fill(1, 0, 3);
  expect([...toPixels(canvas)]).toEqual([28, 28, 28]);
});
