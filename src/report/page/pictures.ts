/** The pictures of the page: one large comparison with a lens, and the gallery it is chosen from. */
import { basename } from 'node:path';
import type { ComparedPicture, Comparison } from '../../evaluation/compare.js';
import { formatWithUnit } from '../../evaluation/measures/measure-guide.js';
import type { PixelImage } from '../../evaluation/measures/pixel-image.js';
import { modelColor } from './charts.js';
import { type Focus, mostDetailed } from './focus.js';
import { each, escapeHtml, keyed } from './html.js';
import { pictureUrl } from './picture-url.js';

/** One picture with what the page shows of it: the original first, then every model in order. */
interface ShownPicture {
  readonly name: string;
  readonly focus: Focus;
  readonly cells: readonly {
    readonly name: string;
    readonly key: string;
    readonly url: string;
    readonly figure: string;
  }[];
}

/** Tells where the original is shown in a reconstruction's place. */
const badge = '<span class="badge">original</span>';

/** Both sections, as HTML. The large comparison starts with a typical picture: the median by the best model's PSNR. */
export async function picturesHtml(comparison: Comparison): Promise<string> {
  const shown = await Promise.all(comparison.pictures.map((picture) => shownPicture(comparison, picture)));
  const start = typicalPicture(comparison);
  return `${viewerHtml(shown[start]!, comparison.pictures[start]!.original)}\n${galleryHtml(shown, start)}`;
}

function typicalPicture({ data, pictures }: Comparison): number {
  const [best] = [...data.models].sort((a, b) => b.summary.psnrDb.mean - a.summary.psnrDb.mean);
  const psnr = (position: number) => best!.perImage.psnrDb[pictures[position]!.index]!;
  const order = pictures.map((_, position) => position).sort((a, b) => psnr(a) - psnr(b));
  return order[Math.floor((order.length - 1) / 2)]!;
}

async function shownPicture({ data }: Comparison, picture: ComparedPicture): Promise<ShownPicture> {
  const { index, name, original, reconstructions } = picture;
  const ofModels = data.models.map(async (model, position) => {
    const [psnrDb, blurPx] = [model.perImage.psnrDb[index]!, model.perImage.blurSigmaPx[index]!];
    const blur = Number.isNaN(blurPx) ? 'nothing to blur' : `blur ${formatWithUnit('blurSigmaPx', blurPx)}`;
    return {
      name: model.name,
      key: `style="--key: ${modelColor(position)}"`,
      url: await pictureUrl(reconstructions[position]!),
      figure: `${blur} · ${formatWithUnit('psnrDb', psnrDb)}`,
    };
  });
  const originalCell = { name: 'Original', key: '', url: await pictureUrl(original), figure: basename(name) };
  return { name, focus: mostDetailed(original), cells: [originalCell, ...(await Promise.all(ofModels))] };
}

function viewerHtml({ focus, cells }: ShownPicture, { width, height }: PixelImage): string {
  const lens = Object.entries(focus)
    .map(([side, fraction]) => `--lens-${side}: ${fraction}`)
    .join('; ');
  const aspect = (focus.width * width) / (focus.height * height);
  return `<section class="viewer" style="--panes: ${cells.length}; --aspect: ${aspect}; ${lens}">
<h2>Look closely</h2>
<p class="hint">Move over a picture or touch it: the lens shows the same place of all pictures below them.
Click a reconstruction to put the original in its place. With the keyboard: Tab to a picture, arrow keys, Enter.</p>
<div class="toolbar">
${toggle('View', [
  ['pictures', 'Pictures'],
  ['difference', 'Difference ×4'],
])}
${toggle('Scaling', [
  ['pixels', 'Pixels'],
  ['smooth', 'Smooth'],
])}
${toggle('Blink', [
  ['still', 'Still'],
  ['blink', 'Blink with original'],
])}
</div>
<div class="panes">
${each(
  cells,
  ({ name, key, url, figure }, index) => `<figure class="pane" ${key || 'style=""'}>
<h3>${keyed(name, index === 0)}</h3>
<p class="figure">${escapeHtml(figure)}</p>
<div class="picture" tabindex="0" role="group" aria-label="${escapeHtml(name)}: arrow keys move the lens${index === 0 ? '' : ', Enter shows the original'}"><img src="${url}" alt="${escapeHtml(name)}"><span class="lens"></span>${badge}</div>
<div class="crop"><img alt="enlarged part of ${escapeHtml(name)}">${badge}</div>
</figure>`,
)}
</div>
</section>`;
}

function galleryHtml(shown: readonly ShownPicture[], selected: number): string {
  return `<section>
<h2>All pictures shown</h2>
<p class="hint">Hover over a reconstruction to see the original in its place, click to look closely.</p>
<div class="gallery">
${each(
  shown,
  ({ name, focus, cells }, position) => `<div class="row${position === selected ? ' selected' : ''}"
 style="--panes: ${cells.length}" data-left="${focus.left}" data-top="${focus.top}">
${each(
  cells,
  (cell, index) => `<button class="cell" type="button" ${cell.key} data-figure="${escapeHtml(cell.figure)}">
<span class="frame"><img loading="lazy" decoding="async" src="${cell.url}" alt="${escapeHtml(`${cell.name} of ${name}`)}">${badge}</span>
${keyed(cell.name, index === 0)}<br>${escapeHtml(cell.figure)}</button>`,
)}
</div>`,
)}
</div>
</section>`;
}

function toggle(legend: string, choices: readonly (readonly [action: string, label: string])[]): string {
  const buttons = each(choices, ([action, label], index) => {
    return `<button type="button" data-action="${action}" aria-pressed="${index === 0}">${label}</button>`;
  });
  return `<fieldset aria-label="${legend}">${buttons}</fieldset>`;
}
