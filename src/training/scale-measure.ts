/** The scale of a model's latents, measured on those of its validation images. */

import { toChannelsFirst } from '../channel-axes.js';
import { hasVectorLatent, type ModelConfig, type Scaling } from '../config/config.js';
import type { LatentPosterior } from '../evaluation/reconstruct.js';
import { gatherMoments, overallMoments, statisticsOf } from '../latents/format/statistics.js';

export interface ScaleMeasure {
  add(posterior: LatentPosterior): void;
  /** Brings draws to mean 0 and variance 1, as `encode` measures it; undefined for a model that has no place for it. */
  scaling(): Scaling | undefined;
}

export function createScaleMeasure(config: ModelConfig): ScaleMeasure {
  if (hasVectorLatent(config) || config.latent === 'tiny') {
    return { add: () => undefined, scaling: () => undefined };
  }
  const gatherer = gatherMoments(config.latentChannels);
  return {
    add({ mean, logvar, shape: [height, width, channels] }) {
      const channelsFirst = [channels, height, width] as const;
      gatherer.add(height * width, toChannelsFirst(mean, channelsFirst), toChannelsFirst(logvar, channelsFirst));
    },
    scaling() {
      const { mean, std } = overallMoments(statisticsOf(gatherer.moments()));
      const factor = std > 0 ? 1 / std : 1;
      // The configuration of a DC-AE has no place for a shift.
      return { shift: config.latent === 'deep-compression' ? 0 : mean, factor };
    },
  };
}
