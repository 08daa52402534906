/** The ladder's headline, its paragraph and a sentence per cause, made of the figures alone. */
import type { ComparisonData, ModelResult } from '../../../evaluation/compare.js';
import type { CauseEffect, LinkEffect } from '../../../evaluation/differences/causes.js';
import { formatDifference } from '../../../evaluation/differences/difference.js';
import type { CauseVerdict, LinkVerdict } from '../../../evaluation/differences/verdict.js';
import { formatWithUnit } from '../../../evaluation/measures/measure-guide.js';

const verdictWords: Readonly<Record<CauseVerdict, string>> = {
  supported: 'these data support it',
  'partly supported': 'these data support it in part',
  'not supported': 'these data do not support it',
  contradicted: 'these data say the opposite',
};

export const linkWords: Readonly<Record<LinkVerdict, string>> = {
  supported: 'sharper without it',
  invented: 'sharper without it, but by texture that was not there',
  undecided: 'no difference in sharpness that could be told from chance',
  reversed: 'less sharp without it',
};

export interface LadderAnswer {
  readonly headline: string;
  /** A sentence for each suspect. */
  readonly verdicts: readonly string[];
  readonly sentences: readonly string[];
}

/**
 * @param data the rows, seeds merged
 * @param links of the causes and all others
 */
export function ladderAnswer(
  data: ComparisonData,
  causes: readonly CauseEffect[],
  links: readonly LinkEffect[],
): LadderAnswer {
  const supported = causes.filter(({ verdict }) => verdict === 'supported');
  const partly = causes.filter(({ verdict }) => verdict === 'partly supported');
  return {
    headline: headline(causes, supported, partly),
    verdicts: causes.map(causeSentence),
    sentences: [
      `${data.models.length} models, trained for equally many steps and differing in one thing at a time, on ` +
        `${data.protocol.images} pictures that none of them was trained on.`,
      ...otherSentence(links),
      ...linearSentence(data.models),
    ],
  };
}

function headline(all: readonly CauseEffect[], supported: readonly CauseEffect[], partly: readonly CauseEffect[]) {
  if (supported.length + partly.length === 0) return 'None of the suspected causes of blurriness shows in these data';
  const named = [
    supported.length > 0 ? `${listed(supported.map(({ name }) => name))} ${blurs(supported)} pictures` : '',
    partly.length > 0
      ? `${listed(partly.map(({ name }) => name))} ${blurs(partly)} ${supported.length > 0 ? 'them' : 'pictures'} in some models only`
      : '',
  ].filter((part) => part !== '');
  const rest = all.length - supported.length - partly.length;
  return `${capitalized(named.join('; '))}${rest > 0 ? `; of ${all.length} suspects, ${rest} cannot be convicted` : ''}`;
}

const blurs = (causes: readonly CauseEffect[]) => (causes.length === 1 ? 'blurs' : 'blur');

/** What taking the cause away is worth where it is worth most, and in how many places it shows. */
export function causeSentence({ name, links, verdict }: CauseEffect): string {
  const [largest] = [...links].sort((a, b) => sharpening(b) - sharpening(a));
  if (!largest) return `${capitalized(name)}: nothing here tests it.`;
  const shown = links.filter((link) => link.verdict === 'supported').length;
  const places = links.length === 1 ? '' : ` (sharper without it in ${shown} of ${links.length} places)`;
  const most = links.length === 1 ? '' : ' at most';
  const worth = formatEffect(largest);
  return `${capitalized(name)}: ${verdictWords[verdict]}${places}; without it${most} ${worth}, ${largest.change}.`;
}

/** Where no suspect is worth as much as something else that was changed. */
function otherSentence(links: readonly LinkEffect[]): string[] {
  const [largest] = [...links].sort((a, b) => sharpening(b) - sharpening(a));
  if (!largest || largest.cause !== undefined || largest.verdict !== 'supported') return [];
  return [`The largest single change is none of these: ${largest.change}, ${formatEffect(largest)}.`];
}

const sharpening = ({ differences }: LinkEffect) => differences.gradientEnergyRatio.mean;

/** `+1.2 dB PSNR (1.0 to 1.4), sharpness +0.10 (0.08 to 0.12), perceptual distance …`. */
export function formatEffect({ differences }: LinkEffect): string {
  const { psnrDb, gradientEnergyRatio, perceptualDistance } = differences;
  const parts = [
    `PSNR ${formatDifference('psnrDb', psnrDb)}`,
    `sharpness ${formatDifference('gradientEnergyRatio', gradientEnergyRatio)}`,
  ];
  if (perceptualDistance)
    parts.push(`perceptual distance ${formatDifference('perceptualDistance', perceptualDistance)}`);
  return parts.join(', ');
}

/**
 * A network with as many floats as a linear code could learn that code: where it stays below it, short training blurs, and no
 * figure here can tell that apart from the causes.
 */
function linearSentence(models: readonly ModelResult[]): string[] {
  return models
    .filter(({ preset }) => preset === 'pca')
    .flatMap((linear) => {
      const psnr = linear.summary.psnrDb;
      const below = models.filter(({ latentFloats, summary }) => {
        return latentFloats >= linear.latentFloats && summary.psnrDb.high < psnr.low;
      });
      if (below.length === 0) return [];
      const best = formatWithUnit('psnrDb', psnr.mean);
      return [
        `${linear.name}, a linear code of ${linear.latentFloats} floats, reaches ${best}: ${listed(below.map(({ name }) => name))} ` +
          'hold as many or more and stay below it, so that part of their blur is the short training.',
      ];
    });
}

const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function listed(parts: readonly string[]): string {
  return new Intl.ListFormat('en', { type: 'conjunction' }).format(parts);
}
