/** What a manifest says of an encoder that computed in 8 bits: enough to compute the same again, and what it cost. */
import { z } from 'zod';

const count = z.number().int().positive();

export const int8Schema = z.strictObject({
  /** Of each convolution in 8 bits, in the network's order: lowest and highest input and output. */
  ranges: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])),
  /** Pictures on which the ranges were seen. */
  calibrationImages: count,
  /** Other pictures, where there are enough, on which the rest was measured. */
  checkedImages: count,
  /** Signal-to-noise ratio of the means against those in float32. */
  latentSnrDb: z.number(),
  /** Of the decoded means in float32, mean over pictures. */
  psnrDb: z.number(),
  /** What 8 bits add to it. */
  psnrChangeDb: z.number(),
});
/** Precision of an encoder: ranges and fidelity of 8 bits. */
export type Int8Precision = z.infer<typeof int8Schema>;

/** What a person is told of it. */
export function int8Sentence(precision: Int8Precision): string {
  const { calibrationImages, checkedImages, latentSnrDb, psnrDb, psnrChangeDb } = precision;
  const change = `${psnrChangeDb < 0 ? '-' : '+'}${Math.abs(psnrChangeDb).toFixed(2)}`;
  return (
    `int8: latents have a signal-to-noise ratio of ${latentSnrDb.toFixed(1)} dB against float32; decoded pictures have ` +
    `${(psnrDb + psnrChangeDb).toFixed(2)} dB of PSNR, which is ${change} dB (calibrated on ${calibrationImages} pictures, ` +
    `measured on ${checkedImages} others).`
  );
}
