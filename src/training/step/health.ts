/** Notices when a training has gone wrong. */
import type { AdversarialConfig } from '../../config/config.js';
import type { StepReport } from './step-report.js';

/** The first measure that is no finite number, in the order in which they depend on each other, as a clause. */
export function brokenMeasure(report: StepReport): string | undefined {
  for (const [name, value] of Object.entries(report)) {
    const broken = [value].flat().find((number) => !Number.isFinite(number));
    if (broken !== undefined) return `${name} became ${broken}`;
  }
  return undefined;
}

/** Weights that are no finite numbers, which must not be saved. */
export class BrokenState extends Error {}

/** Where a training stood when a step broke. */
export interface Breakdown {
  readonly step: number;
  /** What broke, as a clause. */
  readonly what: string;
  /** Steps that were computed since this process began. */
  readonly soundSteps: number;
  /** Of the last state that was saved, and of the last that steps can be computed from; null where there is none. */
  readonly savedStep: number | null;
  readonly keptStep: number | null;
  readonly run: string;
  readonly learningRate: number;
}

/** What happened and what helps: weights that never computed are another matter than weights that steps spoiled. */
export function breakdownSentence(breakdown: Breakdown): string {
  const { step, what, soundSteps, savedStep, keptStep, run, learningRate } = breakdown;
  const slower = `--learning-rate ${Number((learningRate / 4).toPrecision(2))} (it was ${learningRate})`;
  if (keptStep !== null) {
    return `Step ${step}: ${what}. The last state that computes, of step ${keptStep}, is kept in ${run}: go on with --resume ${slower}.`;
  }
  if (savedStep !== null) {
    return (
      `Step ${step}: ${what}. The state of step ${savedStep} computes no more, and there is none before it: train again ` +
      `with ${slower}, into another --out.`
    );
  }
  if (soundSteps > 0) {
    return `Step ${step}: ${what}, before any state was saved: begin again with --resume ${slower}.`;
  }
  return (
    `Step ${step}: ${what} with the very weights that the training began with, so that no learning rate helps: lower the ` +
    'weights of the objective, such as --reconstruction-weight, or begin with another model.'
  );
}

/** Looks at the report of every step and answers with a warning in one sentence, each kind at most once. */
export type HealthWatch = (report: StepReport, step: number) => string | undefined;

/** The loss of a discriminator that answers 0 to everything. */
const uninformedLosses: Record<AdversarialConfig['loss'], number> = { hinge: 1, vanilla: Math.LN2 };

/** Steps over which its loss is averaged before anything is said about it. */
const stepsBeforeJudging = 300;
const blindAbove = 0.98;
const wonBelow = 0.05;

/** Watches the discriminator: it must tell real from reconstructed better than blindly, yet not without fail. */
export function watchDiscriminator(config: AdversarialConfig | null): HealthWatch {
  const recent: number[] = [];
  const said = new Set<string>();
  return ({ discriminator: loss }, step) => {
    if (config === null || typeof loss !== 'number') return undefined;
    recent.push(loss / uninformedLosses[config.loss]);
    if (recent.length <= stepsBeforeJudging) return undefined;
    recent.shift();
    const share = recent.reduce((sum, value) => sum + value, 0) / recent.length;
    const verdict = share > blindAbove ? 'blind' : share < wonBelow ? 'won' : undefined;
    if (verdict === undefined || said.has(verdict)) return undefined;
    said.add(verdict);
    const figure = `in the last ${stepsBeforeJudging} steps up to step ${step} its loss was ${share.toFixed(3)} of a blind one's`;
    return verdict === 'blind'
      ? `The discriminator has learned nothing: ${figure}. Raise --discriminator-rate or --adversarial-warmup.`
      : `The discriminator has won: ${figure}. Lower --discriminator-rate, or raise --lecam-weight.`;
  };
}

/** Says so where a training ended with a model that is worth nothing. */
export function uselessnessSentence({
  psnrDb,
  meanColourPsnrDb,
}: Readonly<Record<'psnrDb' | 'meanColourPsnrDb', number>>): string | undefined {
  if (psnrDb >= meanColourPsnrDb) return undefined;
  return (
    `The model restores pictures worse than their mean colour does (${psnrDb.toFixed(2)} dB against ` +
    `${meanColourPsnrDb.toFixed(2)} dB): it has learned nothing yet. Train longer (--resume --steps), or with another ` +
    '--learning-rate.'
  );
}
