/** A part of the page that not every report has. */
import type { PixelImage } from '../../../evaluation/measures/pixel-image.js';
import { escapeHtml, keyed } from '../html.js';
import { pictureUrl } from '../picture-url.js';

/** A further part of a page. */
export interface ReportSection {
  /** Of its figures in report.json, and of its own CSV file. */
  readonly name: string;
  readonly html: string;
  /** What report.json holds of it. */
  readonly data: unknown;
  readonly csv?: string;
}

/** A model's name behind its colour. */
export type ModelHeading = (name: string) => string;

/** @param names of the page's models in their order, which decides their colours */
export function modelHeading(names: readonly string[], color: (index: number) => string): ModelHeading {
  return (name) => `<h3 style="--key: ${color(names.indexOf(name))}">${keyed(name)}</h3>`;
}

/** A picture that the page carries within it. */
export async function pictureHtml(picture: PixelImage, description: string): Promise<string> {
  const url = await pictureUrl(picture, true);
  const size = `width="${picture.width}" height="${picture.height}"`;
  return `<img class="sheet" loading="lazy" decoding="async" src="${url}" alt="${escapeHtml(description)}" ${size}>`;
}
