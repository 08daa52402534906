/**
 * Longer pictures (panoramas, strips) are first cut to their middle of this width to height, so that neither memory nor
 * time depends on how long a strip somebody hands in.
 */
export const maxAspect = 4;

/** The middle of a picture of so many px that is no longer than `maxAspect`. */
export function centralWindow(originalWidth: number, originalHeight: number) {
  const width = Math.min(originalWidth, originalHeight * maxAspect);
  const height = Math.min(originalHeight, originalWidth * maxAspect);
  const [left, top] = [Math.floor((originalWidth - width) / 2), Math.floor((originalHeight - height) / 2)];
  return { left, top, width, height };
}
