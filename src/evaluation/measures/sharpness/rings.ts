import { lumaRoundingVariance } from '../pixel-image.js';
import { forEachFrequency, type Spectrum } from './spectrum.js';

/**
 * Two spectra summed over rings of equal radial frequency. Ring r holds the frequencies around r / shortSide
 * cycles/px; ring 0, the mean's, is empty.
 */
export interface Rings {
  readonly cyclesPerPx: Float64Array;
  /** How many frequencies of the whole plane fall into each ring. */
  readonly frequencies: Float64Array;
  readonly originalEnergy: Float64Array;
  readonly reconstructionEnergy: Float64Array;
  /** Real part of the sum of original · conj(reconstruction). */
  readonly crossEnergy: Float64Array;
  /** Energy of the difference of the two. */
  readonly errorEnergy: Float64Array;
}

export function ringsOf(original: Spectrum, reconstruction: Spectrum): Rings {
  const { shortSide } = original;
  const count = Math.floor(shortSide * Math.SQRT1_2 + 0.5) + 1;
  const empty = () => new Float64Array(count);
  const rings: Rings = {
    cyclesPerPx: Float64Array.from({ length: count }, (_, ring) => ring / shortSide),
    frequencies: empty(),
    originalEnergy: empty(),
    reconstructionEnergy: empty(),
    crossEnergy: empty(),
    errorEnergy: empty(),
  };
  forEachFrequency(original, (at, cyclesPerPx, multiplicity) => {
    const ring = Math.floor(cyclesPerPx * shortSide + 0.5);
    if (ring === 0) return;
    const [xReal, xImaginary] = [original.real[at]!, original.imaginary[at]!];
    const [yReal, yImaginary] = [reconstruction.real[at]!, reconstruction.imaginary[at]!];
    rings.frequencies[ring]! += multiplicity;
    rings.originalEnergy[ring]! += multiplicity * (xReal ** 2 + xImaginary ** 2);
    rings.reconstructionEnergy[ring]! += multiplicity * (yReal ** 2 + yImaginary ** 2);
    rings.crossEnergy[ring]! += multiplicity * (xReal * yReal + xImaginary * yImaginary);
    rings.errorEnergy[ring]! += multiplicity * ((xReal - yReal) ** 2 + (xImaginary - yImaginary) ** 2);
  });
  return rings;
}

/** Slope of log power density over log frequency: 0 for white noise, about -2 for photographs, steeper when blurred. */
export function spectralSlope({ cyclesPerPx, frequencies }: Rings, energy: Float64Array): number {
  const rounding = lumaRoundingVariance / frequencies.reduce((sum, value) => sum + value, 0);
  let [weights, xSum, ySum, xxSum, xySum] = [0, 0, 0, 0, 0];
  for (let ring = 2; ring < cyclesPerPx.length && cyclesPerPx[ring]! <= 0.5; ring++) {
    const x = Math.log(cyclesPerPx[ring]!);
    const y = Math.log(Math.max(energy[ring]! / frequencies[ring]!, rounding));
    // Rings are evenly spaced in frequency; this weight makes every octave count alike.
    const weight = 1 / ring;
    weights += weight;
    xSum += weight * x;
    ySum += weight * y;
    xxSum += weight * x * x;
    xySum += weight * x * y;
  }
  return (weights * xySum - xSum * ySum) / (weights * xxSum - xSum ** 2);
}
