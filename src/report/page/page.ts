import type { PerceptualKind } from '../../config/config.js';
import type { Comparison, ComparisonData } from '../../evaluation/compare.js';
import { measureGuides, type ShownMeasure } from '../../evaluation/measures/measure-guide.js';
import { counted } from '../../quantities.js';
import { factColumns, intervalOf, measureColumnsOf } from '../columns.js';
import { answerOf } from './answer.js';
import { barChart, detailChart, modelColor, modelDashes, spectrumChart } from './charts.js';
import { each, escapeHtml, keyed } from './html.js';
import { nameTokens } from './model-names.js';
import { tableHtml } from './page-table.js';
import { sheetQuality } from './picture-url.js';
import { picturesHtml } from './pictures.js';
import { pageShell } from './shell/page-shell.js';

/**
 * The whole comparison as one self-contained HTML page.
 *
 * @param more HTML of further sections, which stand between the charts and the table
 */
export async function pageHtml(comparison: Comparison, more: readonly string[] = []): Promise<string> {
  const { data } = comparison;
  const { images, widthPx, heightPx } = data.protocol;
  const count = images === 1 ? 'one image' : counted(images, 'image');
  return pageShell(data, {
    ...answerOf(nameTokens(data)),
    kicker: `How blurry is each model? · ${count} of ${widthPx}×${heightPx} px`,
    sections: [
      await picturesHtml(comparison),
      chartsHtml(data),
      ...more,
      figuresHtml(data),
      protocolHtml(protocolLines(data)),
    ],
    files: 'These figures, and every image’s own, stand beside it in report.json and .csv.',
  });
}

/** The table of all figures and what each of them means. */
export function figuresHtml(data: ComparisonData): string {
  const { images, confidence } = data.protocol;
  const spread = images === 1 ? '' : `, with ${100 * confidence} % intervals below them`;
  return `<section>
<h2>All figures</h2>
<p class="note">Means over the images${spread}.
<span class="hint">Click a heading to sort, scroll sideways for more.</span></p>
${tableHtml(data)}
</section>
<section>
<h2>What the figures mean</h2>
<dl>
${each(measureColumnsOf(data.models), ({ key, label, meaning }) => {
  return definition(label, `${meaning} Perfect: ${measureGuides[key].perfect}.`);
})}
${each(factColumns.slice(2), ({ label, meaning }) => definition(label, meaning))}
</dl>
</section>`;
}

/** How the figures came about, as terms and what they mean. */
export function protocolHtml(lines: readonly (readonly [string, string])[]): string {
  return `<section>
<h2>How this was measured</h2>
<dl>
${each(lines, ([term, text]) => definition(term, text))}
</dl>
</section>`;
}

/** How a model's line is drawn. */
const lineSample = (index: number) =>
  `<svg class="line-sample" aria-hidden="true" viewBox="0 0 30 6"><path d="M0 3H30" stroke="${modelColor(index)}" stroke-width="2" stroke-dasharray="${modelDashes(index)}"/></svg>`;

/** Every chart of the comparison, with their legend. */
export function chartsHtml(data: ComparisonData): string {
  const chart = (title: string, caption: string, svg: string) =>
    `<figure class="chart"><h3>${title}</h3><figcaption>${caption}</figcaption>${svg}</figure>`;
  const measured = (measure: ShownMeasure) => data.models.some((model) => intervalOf(model, measure).count > 0);
  const optional = featureCharts.filter(({ measure }) => measured(measure));
  return `<section>
<h2>How much is lost</h2>
<ul class="legend"><li>${keyed('Original', true)}</li>
${each(data.models, ({ name }, index) => `<li style="--key: ${modelColor(index)}">${keyed(name)}${lineSample(index)}</li>`)}</ul>
<div class="charts">
${chart('Blur', 'As blurry as a Gaussian of this sigma, in px: less is sharper.', barChart(data, 'blurSigmaPx'))}
${chart('Sharpness', 'Gradient energy, the original’s (dashed) being 1.', barChart(data, 'gradientEnergyRatio', 1))}
${chart('PSNR', 'Closeness of each pixel, in dB: more is closer.', barChart(data, 'psnrDb'))}
${chart('SSIM', 'Likeness of structure, 1 (dashed) being the same.', barChart(data, 'ssim', 1))}
${each(optional, ({ title, caption, measure }) => chart(title, caption, barChart(data, measure)))}
${chart('Detail by size', 'Solid: kept. Pale: invented. The original is 100 %.', detailChart(data))}
${chart('Power spectrum', 'Where a line leaves the originals’ (broad grey), detail is lost.', spectrumChart(data))}
</div>
</section>`;
}

const featureCharts = [
  {
    title: 'Perceptual distance',
    caption: 'As a trained network sees it: less is closer.',
    measure: 'perceptualDistance',
  },
  {
    title: 'Fréchet distance',
    caption: 'Of all pictures together, on built-in features: less is closer. No FID.',
    measure: 'frechetDistance',
  },
] as const;

const perceptualNetworks: Readonly<Record<PerceptualKind, string>> = {
  builtin: 'mean of 1 - cosine over five layers of the built-in network, trained on photographs: not LPIPS',
  'lpips-vgg': 'LPIPS v0.1 with VGG16',
  'lpips-alex': 'LPIPS v0.1 with AlexNet',
  'lpips-squeeze': 'LPIPS v0.1 with SqueezeNet',
};

export function protocolLines({ protocol, cyclesPerPx, models }: ComparisonData): (readonly [string, string])[] {
  return [
    ['Images', `${protocol.images}: ${protocol.source}`],
    ...(protocol.warning === undefined ? [] : [['Warning', protocol.warning] as const]),
    ['Size', `${protocol.widthPx}×${protocol.heightPx} px`],
    ['Crop', protocol.crop],
    ['Resize filter', protocol.resizeFilter],
    ['Clamp', protocol.clamp],
    ['Rounding', protocol.rounding],
    ['Pictures on this page', `WebP without loss; sheets of draws and walks at quality ${sheetQuality}`],
    [
      'Latent',
      protocol.latent === 'mode' ? 'the posterior’s mode (its mean), not a sample' : 'a sample of the posterior',
    ],
    ['PSNR', 'over the three 8-bit channels, mean over images'],
    [
      'SSIM',
      'Gaussian window of sigma 1.5 (11×11), K1 0.01, K2 0.03, range 255, mean over channels, 5 px of border left out',
    ],
    [
      'Sharpness, spectra',
      `luma (BT.601), Hann window, ${cyclesPerPx.length} rings of frequencies; images without detail left out`,
    ],
    ...featureLines({ protocol, models }),
    ['Intervals', `${100 * protocol.confidence} %, percentile bootstrap over images, ${protocol.resamples} resamples`],
    ['Seed', String(protocol.seed)],
  ];
}

function featureLines({ protocol, models }: Pick<ComparisonData, 'protocol' | 'models'>): [string, string][] {
  const { perceptual, absence, confidence } = protocol;
  const lines: [string, string][] = [];
  if (perceptual) lines.push(['Perceptual distance', `${perceptualNetworks[perceptual]}; on 8-bit pictures`]);
  if (models.some(({ summary }) => summary.frechetDistance)) {
    lines.push([
      'Fréchet distance',
      'of means and covariances of the built-in network’s last 128 features, averaged over positions; ' +
        `${100 * confidence} % interval: linear in the images, whose influences are drawn anew`,
    ]);
  }
  if (absence) lines.push(['Left out', absence]);
  return lines;
}

function definition(term: string, text: string): string {
  return `<dt>${escapeHtml(term)}</dt><dd>${escapeHtml(text)}</dd>`;
}
