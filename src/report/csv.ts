import type { ComparisonData, ModelResult } from '../evaluation/compare.js';
import type { FeatureMeasureName, MeasureName } from '../evaluation/measures/measures.js';
import { formatShape } from './columns.js';
import { csvText } from './csv-text.js';

/**
 * The comparison for a spreadsheet: one line per model and image, all figures unrounded, and per model one line for
 * each of `mean`, `low` and `high`, named so in the column `image`. A figure that is not defined is left empty.
 */
export function reportCsv({ models, images }: ComparisonData): string {
  const lines = models.flatMap((model) => [
    ...(['mean', 'low', 'high'] as const).map((part) => line(model, part, (name) => model.summary[name]?.[part])),
    ...images.map((image, index) =>
      line(model, image, (name) => (name === 'frechetDistance' ? undefined : model.perImage[name]?.[index])),
    ),
  ]);
  return csvText(lines);
}

function line(
  model: ModelResult,
  image: string,
  figure: (name: MeasureName | FeatureMeasureName) => number | undefined,
) {
  const { name, preset, latentShape, latentFloats, compressionRatio, klWeight, objective, parameters } = model;
  const facts = {
    latentShape: formatShape(latentShape),
    latentFloats,
    compressionRatio,
    klWeight,
    objective,
    parameters,
  };
  const figures = (Object.keys(model.summary) as (MeasureName | FeatureMeasureName)[]).map((measure) => {
    const value = figure(measure);
    return [measure, value === undefined || Number.isNaN(value) ? '' : value];
  });
  return { model: name, preset, image, ...Object.fromEntries(figures), ...facts };
}
