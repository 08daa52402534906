/** A model for one job of a program. */
import { type EngineOptions, engineOptionsSchema } from '../config/config.js';
import { selectEngine } from '../engine/select.js';
import { disposeParameters } from '../nn/parameters.js';
import { parse } from '../parse.js';
import { openModel, type TrainedModel } from '../training/run/trained-model.js';

/** What `--model` takes, or a model that is open on the engine in use; that one stays open. */
export type ModelInput = string | TrainedModel;

export async function withModel<Result>(
  given: ModelInput,
  { engine, device, threads }: Partial<EngineOptions>,
  work: (model: TrainedModel, engine: EngineOptions) => Promise<Result>,
): Promise<Result> {
  const chosen = parse(engineOptionsSchema, { engine, device, threads }, 'engine');
  if (typeof given !== 'string') return work(given, chosen);
  const selected = await selectEngine(chosen);
  try {
    const opened = await openModel(given);
    try {
      return await work(opened, chosen);
    } finally {
      disposeParameters(opened.model.parameters);
    }
  } finally {
    selected.dispose();
  }
}
