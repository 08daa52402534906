/** From nats of a density over [-1, 1] to what others report. */

/** 8-bit values lie this far apart in [-1, 1]. */
const stepOfEightBits = 2 / 255;

/** -nats / (dimensions · log 2): bits per value of the continuous density over [-1, 1]; below zero where it is narrow. */
export function bitsPerDimension(nats: number, dimensions: number): number {
  return -nats / (dimensions * Math.LN2);
}

/**
 * Bits per 8-bit value. A step of 8 bits has about the probability density · 2/255, as long as sigma is much wider than a
 * step: log2(255/2) = 6.99 bits more than for the continuous density (see Theis et al., arXiv 1511.01844, section 3.1).
 */
export function eightBitsPerDimension(nats: number, dimensions: number): number {
  return bitsPerDimension(nats, dimensions) - Math.log2(stepOfEightBits);
}
