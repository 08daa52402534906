/** Pictures that a page carries within it. */
import type { PixelImage } from '../../evaluation/measures/pixel-image.js';
import { encodeWebp } from '../../evaluation/webp.js';

/** Of sheets that are looked at, not measured; pictures that are compared have every level as it is. */
export const sheetQuality = 75;

/** As the address of an `img`. */
export async function pictureUrl(picture: PixelImage, isSheet = false): Promise<string> {
  const bytes = await encodeWebp(picture, isSheet ? sheetQuality : undefined);
  return `data:image/webp;base64,${bytes.toString('base64')}`;
}
