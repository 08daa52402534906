/**
 * The sizes of networks, bounded far beyond any that was ever trained: a forged configuration is refused in a sentence, before
 * anything is made of it. What is within these bounds and still too large is refused by what it would take (autoencoder/memory).
 */
import { z } from 'zod';

const atLeastOne = (most: number) => z.number().int().positive().max(most);

export const channelCount = atLeastOne(2 ** 16);

/** Side of a picture, in px. */
export const sidePx = atLeastOne(2 ** 16);

/** Of a latent vector. */
export const floatCount = atLeastOne(2 ** 24);

/** Entries of a codebook. */
export const codeCount = atLeastOne(2 ** 20);

/** Blocks of one kind, one after the other. */
export const layerCount = atLeastOne(256);
export const layerCountOrNone = z.number().int().min(0).max(256);

/** Side of squares that become one position, or of a filter. */
export const squareSide = atLeastOne(64);

/** A value for each resolution level: 2^16 px can be halved as many times. */
export const perLevel = <Schema extends z.ZodType>(schema: Schema) => z.array(schema).min(1).max(17);
