/** Notices when a training has gone wrong. */
import type { AdversarialConfig } from '../../config/config.js';
import { UserError } from '../../errors.js';
import type { StepReport } from './step-report.js';

/**
 * @param kept what is left to go on from, as a clause for the message
 * @throws UserError that names the first measure that is no finite number, in the order in which they depend on each other
 */
export function assertFinite(report: StepReport, step: number, kept: string): void {
  for (const [name, value] of Object.entries(report)) {
    const broken = [value].flat().find((number) => !Number.isFinite(number));
    if (broken === undefined) continue;
    throw new UserError(`Step ${step}: ${name} became ${broken}. ${kept}; lower --learning-rate.`);
  }
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
