/** Types of what is measured, for the door that measures and the one that makes pages of it. */
export type { PerceptualKind } from '../../config/objective.js';
export type { BoundEstimate, ImageBound, Scalars } from '../../evaluation/bound/bound.js';
export type {
  ComparedPicture,
  Comparison,
  ComparisonData,
  ComparisonProtocol,
  FeatureFigures,
  ModelFacts,
  ModelResult,
} from '../../evaluation/compare.js';
export type { ImageClasses } from '../../evaluation/latent-space/image-classes.js';
export type { LatentSpaces, ModelLatentSpace, Walk } from '../../evaluation/latent-space/latent-space.js';
export type { Point, Projection } from '../../evaluation/latent-space/projection.js';
export type { LatentSpaceStatistics } from '../../evaluation/latent-space/statistics.js';
export type { Interval } from '../../evaluation/measures/bootstrap.js';
export type { BandMeasureName, FeatureMeasureName, MeasureName } from '../../evaluation/measures/measures.js';
export type { PixelImage } from '../../evaluation/measures/pixel-image.js';
export type { Band, BandDetail } from '../../evaluation/measures/sharpness/bands.js';
