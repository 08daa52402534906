/** The ladder as one self-contained page. */
import type { Comparison } from '../../../evaluation/compare.js';
import { escapeHtml } from '../../page/html.js';
import { nameTokens } from '../../page/model-names.js';
import { chartsHtml, figuresHtml, protocolHtml, protocolLines } from '../../page/page.js';
import { picturesHtml } from '../../page/pictures.js';
import { pageShell } from '../../page/shell/page-shell.js';
import type { LadderReport } from '../report-data.js';
import { ladderAnswer } from './answer.js';
import { asideHtml, causesHtml } from './causes-section.js';
import { rowsHtml } from './rows-section.js';

export async function ladderPage(report: LadderReport): Promise<string> {
  const { data } = report;
  const { images, widthPx, heightPx } = data.protocol;
  return pageShell(data, {
    ...ladderAnswer(nameTokens(data), report.causes, report.links),
    kicker: `Where blurriness comes from · ${images} images of ${widthPx}×${heightPx} px · ${data.models.length} models`,
    sections: [
      causesHtml(report),
      await gridHtml(report.pictures),
      chartsHtml(data),
      asideHtml(report),
      ...report.sections.map(({ html }) => html),
      figuresHtml(data),
      rowsHtml(report),
      protocolHtml([...protocolLines(data), ...ladderLines(report)]),
    ],
    files: 'The same figures stand beside it in report.json, models.csv (every image of every model) and causes.csv.',
  });
}

async function gridHtml(pictures: Comparison): Promise<string> {
  const note = `<p class="note">The pictures are ${escapeHtml(pictures.data.protocol.source)}; of every model, seed 0.</p>`;
  return `${await picturesHtml(pictures)}\n${note}`;
}

/** What this protocol has beyond that of a comparison. */
function ladderLines({ data, budget }: LadderReport): (readonly [string, string])[] {
  return [
    ['Budget', budget],
    [
      'Differences',
      'of two models on the same image, trained with the same seed; where one of them has fewer seeds, those that both have',
    ],
    [
      'Intervals of rows and differences',
      `${100 * data.protocol.confidence} %: each of ${data.protocol.resamples} resamples draws images and seeds anew, ` +
        'independently of each other (arXiv 0712.1111). Rows with one seed say nothing about what another seed would give. ' +
        'Three seeds are few: their share of the width comes out about a fifth too small. ' +
        'The Fréchet distance, a figure of whole sets, has the span of its seeds’ intervals',
    ],
    [
      'Verdict on a difference',
      'sharper or less sharp if the interval of the difference in sharpness leaves out zero, otherwise undecided; ' +
        '“texture that was not there” if it is sharper while the perceptual distance grows beyond its interval',
    ],
    [
      'Verdict on a cause',
      'supported if every difference is sharper without it, in part if some are, otherwise not; the opposite if none is and ' +
        'some are less sharp',
    ],
  ];
}
