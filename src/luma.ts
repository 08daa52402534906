/** Weights of R, G and B in luma, the brightness of a pixel (ITU-R BT.601). */
export const lumaWeights = [0.299, 0.587, 0.114] as const;
