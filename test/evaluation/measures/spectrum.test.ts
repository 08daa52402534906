import { describe, expect, test } from 'vitest';
import { gaussianBlur } from '../../../src/evaluation/measures/gaussian.js';
import type { Plane } from '../../../src/evaluation/measures/pixel-image.js';
import { lumaPlane } from '../../../src/evaluation/measures/pixel-image.js';
import { type BandDetail, bandDetail, detailBands } from '../../../src/evaluation/measures/sharpness/bands.js';
import { type Rings, ringsOf, spectralSlope } from '../../../src/evaluation/measures/sharpness/rings.js';
import { forEachFrequency, spectrumOf } from '../../../src/evaluation/measures/sharpness/spectrum.js';
import { randomStream } from '../../../src/random.js';
import { deadLeaves, planeOf } from '../pictures.js';

const ringsBetween = (a: Plane, b: Plane): Rings => ringsOf(spectrumOf(a), spectrumOf(b));

/** Each band's figures, by name. */
function bandsBetween(a: Plane, b: Plane): Record<string, BandDetail> {
  const rings = ringsBetween(a, b);
  return Object.fromEntries(detailBands.map((band) => [band.name, bandDetail(rings, band)]));
}

function whiteNoise(seed: number, side: number, deviation = 20): Plane {
  const random = randomStream('white noise', seed);
  return planeOf(side, side, () => deviation * random.normal());
}

describe('the transform', () => {
  test('agrees with the definition of the discrete Fourier transform, padded sides included', () => {
    const plane = whiteNoise(1, 5);
    const { real, imaginary, paddedWidth, paddedHeight } = spectrumOf(plane);
    expect([paddedWidth, paddedHeight]).toEqual([8, 8]);
    const window = (at: number) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (at + 0.5)) / 5);
    const weights = planeOf(5, 5, (column, row) => window(column) * window(row)).values;
    const total = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);
    const mean = total(plane.values.map((value, at) => value * weights[at]!)) / total(weights);
    const scale = 1 / (8 * Math.sqrt(total(weights.map((weight) => weight ** 2))));
    for (const [u, v] of [
      [0, 0],
      [1, 3],
      [4, 6],
      [3, 7],
    ] as const) {
      const [expected, found] = [
        { re: 0, im: 0 },
        { re: real[v * 5 + u]!, im: imaginary[v * 5 + u]! },
      ];
      for (const [at, value] of plane.values.entries()) {
        const angle = (-2 * Math.PI * (u * (at % 5) + v * Math.floor(at / 5))) / 8;
        expected.re += scale * weights[at]! * (value - mean) * Math.cos(angle);
        expected.im += scale * weights[at]! * (value - mean) * Math.sin(angle);
      }
      expect(found.re).toBeCloseTo(expected.re, 10);
      expect(found.im).toBeCloseTo(expected.im, 10);
    }
  });

  test('holds the variance of white noise, whatever the picture’s size', () => {
    for (const side of [64, 100]) {
      const spectrum = spectrumOf(whiteNoise(side, side));
      let energy = 0;
      forEachFrequency(spectrum, (at, _, multiplicity) => {
        energy += multiplicity * (spectrum.real[at]! ** 2 + spectrum.imaginary[at]! ** 2);
      });
      expect(energy / 400).toBeGreaterThan(0.9);
      expect(energy / 400).toBeLessThan(1.1);
    }
  });
});

describe('bands', () => {
  test.each([
    { name: 'coarse', cyclesPerPx: 0.09, angle: 0 },
    { name: 'medium', cyclesPerPx: 0.18, angle: 0.7 },
    { name: 'fine', cyclesPerPx: 0.37, angle: 2 },
  ])(
    'a wave of $cyclesPerPx cycles/px at any angle has its energy in the $name band',
    ({ name, cyclesPerPx, angle }) => {
      const phase = (x: number, y: number) => 2 * Math.PI * cyclesPerPx * (x * Math.cos(angle) + y * Math.sin(angle));
      const rings = ringsBetween(
        planeOf(96, 64, (x, y) => 128 + 40 * Math.sin(phase(x, y))),
        planeOf(96, 64, (x, y) => 128 + 20 * Math.sin(phase(x, y))),
      );
      const band = detailBands.find((candidate) => candidate.name === name)!;
      const inside = rings.originalEnergy.filter((_, ring) => {
        return rings.cyclesPerPx[ring]! >= band.from && rings.cyclesPerPx[ring]! < band.to;
      });
      const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
      expect(sum(inside) / sum(rings.originalEnergy)).toBeGreaterThan(0.97);
      expect(sum(rings.originalEnergy) / (40 ** 2 / 2)).toBeCloseTo(1, 1);
      // Half the amplitude: a quarter of the energy, all of it the original's, and half the difference squared is left.
      const detail = bandDetail(rings, band);
      expect(detail.energyRatio).toBeCloseTo(0.25, 3);
      expect(detail.coherence).toBeCloseTo(1, 3);
      expect(detail.kept).toBeCloseTo(0.25, 3);
      expect(detail.errorRatio).toBeCloseTo(0.25, 3);
    },
  );

  test('a picture and itself: everything kept, nothing invented, no error', () => {
    const leaves = lumaPlane(deadLeaves(3, 64));
    for (const detail of Object.values(bandsBetween(leaves, leaves))) {
      expect(detail.energyRatio).toBeCloseTo(1, 10);
      expect(detail.kept).toBeCloseTo(1, 10);
      expect(detail.invented).toBeCloseTo(0, 10);
      expect(detail.coherence).toBeCloseTo(1, 10);
      expect(detail.errorRatio).toBe(0);
    }
  });

  test('a blur loses detail but invents none: coherence stays near 1', () => {
    const leaves = lumaPlane(deadLeaves(4, 128));
    const { coarse, medium, fine } = bandsBetween(leaves, gaussianBlur(leaves, 1));
    expect(fine!.coherence).toBeGreaterThan(0.95);
    expect(coarse!.kept).toBeGreaterThan(medium!.kept);
    // The Gaussian's gain is exp(-2 (π sigma f)²); these are its squares at the edges of the band.
    expect(medium!.kept).toBeGreaterThan(Math.exp(-4 * (Math.PI / 4) ** 2));
    expect(medium!.kept).toBeLessThan(Math.exp(-4 * (Math.PI / 8) ** 2));
    expect(fine!.invented).toBeLessThan(0.01);
  });

  test('unrelated noise is invented detail, however much energy it has', () => {
    const { fine, medium } = bandsBetween(whiteNoise(5, 128), whiteNoise(6, 128));
    expect(fine!.energyRatio).toBeCloseTo(1, 0);
    expect(fine!.coherence).toBeLessThan(0.01);
    expect(medium!.coherence).toBeLessThan(0.02);
    expect(fine!.errorRatio).toBeCloseTo(2, 0);
  });

  test('sharpening a blurred picture with noise brings back its energy, not its detail', () => {
    const leaves = lumaPlane(deadLeaves(7, 128));
    const soft = gaussianBlur(leaves, 2);
    const noise = whiteNoise(8, 128, 30);
    const grainy = { ...soft, values: soft.values.map((value, at) => value + noise.values[at]!) };
    const { fine } = bandsBetween(leaves, grainy);
    expect(fine!.energyRatio).toBeGreaterThan(0.5);
    expect(fine!.kept).toBeLessThan(0.05);
    expect(fine!.invented / fine!.energyRatio).toBeGreaterThan(0.9);
  });

  test('an original without detail has no figures, a flat reconstruction has kept nothing', () => {
    const [flat, noise] = [planeOf(64, 64, () => 90), whiteNoise(9, 64)];
    expect(Object.values(bandsBetween(flat, noise).fine!).every(Number.isNaN)).toBe(true);
    const lost = bandsBetween(noise, flat).fine!;
    for (const key of ['energyRatio', 'kept', 'invented', 'coherence'] as const) expect(lost[key]).toBeCloseTo(0, 12);
    expect(lost.errorRatio).toBeCloseTo(1, 12);
  });
});

describe('the spectral slope', () => {
  const slopeOf = (plane: Plane): number => {
    const rings = ringsBetween(plane, plane);
    return spectralSlope(rings, rings.originalEnergy);
  };

  test('white noise is flat, at slope 0', () => {
    const slopes = [11, 12, 13, 14].map((seed) => slopeOf(whiteNoise(seed, 128)));
    expect(Math.abs(slopes.reduce((sum, slope) => sum + slope) / 4)).toBeLessThan(0.1);
  });

  test('noise whose power falls with the square of frequency has slope -2', () => {
    const slopes = [21, 22, 23, 24, 25, 26].map((seed) => slopeOf(fallingNoise(seed, 64)));
    expect(Math.abs(slopes.reduce((sum, slope) => sum + slope) / 6 + 2)).toBeLessThan(0.15);
  });

  test('a blur makes it steeper', () => {
    const leaves = lumaPlane(deadLeaves(15, 64));
    expect(slopeOf(gaussianBlur(leaves, 1))).toBeLessThan(slopeOf(leaves) - 0.5);
  });
});

/** Waves of all whole frequencies and random phases, each with amplitude 1 / frequency: power falls as f⁻². */
function fallingNoise(seed: number, side: number): Plane {
  const random = randomStream('falling noise', seed);
  const values = new Float64Array(side * side);
  const turns = Float64Array.from({ length: side }, (_, at) => Math.cos((2 * Math.PI * at) / side));
  for (let u = 0; u < side / 2; u++) {
    for (let v = -side / 2 + 1; v < side / 2; v++) {
      if (u === 0 && v <= 0) continue;
      const amplitude = 200 / Math.hypot(u, v);
      const phase = random.integer(side);
      for (let y = 0, at = 0; y < side; y++) {
        let turn = (v * y + phase) % side;
        if (turn < 0) turn += side;
        for (let x = 0; x < side; x++, at++) {
          values[at]! += amplitude * turns[turn]!;
          turn = (turn + u) % side;
        }
      }
    }
  }
  return { values, width: side, height: side };
}
