// What a strict TypeScript program writes: every door, and types of what functions take and give.
import {
  type EncodeSummary,
  encodeImages,
  type PictureInput,
  type TrainingSummary,
  trainAutoencoder,
} from 'latent-vae';
import { createRepeat, type Repeat } from 'latent-vae/engine';
import { type Evaluation, evaluateImages } from 'latent-vae/evaluation';
import { type LatentStore, openLatents } from 'latent-vae/latents';
import { writeReport } from 'latent-vae/report';
import { openTokenizer, type Tokenizer } from 'latent-vae/tokenizer';
import { type ModelConfig, modelConfigSchema, type TrainingRequest, type TrainOptions } from 'latent-vae/train';

const model: ModelConfig = modelConfigSchema.parse({ latent: 'vector', latentFloats: 8, blockOutChannels: [8] });
const options: Partial<TrainOptions> = { steps: 3, batch: 2 };
const picture: PictureInput = Buffer.alloc(0);
const request: TrainingRequest = { images: [picture], model, ...options };

export async function all(): Promise<[TrainingSummary, EncodeSummary, Evaluation, LatentStore, Tokenizer, Repeat]> {
  const summary = await trainAutoencoder(request);
  const tokenizer = await openTokenizer(summary.run);
  const encoded = await encodeImages('photos', { model: summary.run, out: 'latents' });
  const evaluation = await evaluateImages('photos', { model: summary.run });
  return [summary, encoded, evaluation, await openLatents('latents'), tokenizer, createRepeat()];
}

// @ts-expect-error No such preset.
export const mistaken: TrainingRequest = { images: 'photos', model: 'fast-f9' };
// @ts-expect-error A count, no text.
export const mistyped: TrainingRequest = { images: 'photos', steps: '3' };
export const written: Promise<void> = writeReport('report', {} as Parameters<typeof writeReport>[1]);
