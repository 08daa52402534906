/** The weight files of perceptual losses: who publishes them, how to tell the right ones, where they are kept. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../../storage/cache-folder.js';
import type { TrunkName } from './trunks.js';

export interface WeightFile {
  readonly fileName: string;
  readonly url: string;
  readonly sizeMegabytes: number;
  /** Hexadecimal; publishers who put only the first digits into a file's name vouch for these alone. */
  readonly sha256Prefix: string;
  readonly contents: string;
  readonly licence: string;
}

/** The files of one LPIPS network; together they hold all its weights. */
export interface WeightFilePair {
  readonly trunk: WeightFile;
  readonly heads: WeightFile;
}

/** torchvision's file names end in the first eight digits of their sha256. */
function torchvision(stem: string, sha256Prefix: string, sizeMegabytes: number, network: string): WeightFile {
  const fileName = `${stem}-${sha256Prefix}.pth`;
  return {
    fileName,
    url: `https://download.pytorch.org/models/${fileName}`,
    sizeMegabytes,
    sha256Prefix,
    contents: `${network} of torchvision, trained on ImageNet`,
    licence: 'BSD-3-Clause (torchvision); ImageNet is for non-commercial research',
  };
}

function lpipsHeads(name: TrunkName, sha256: string, sizeBytes: number): WeightFile {
  const repository = 'https://raw.githubusercontent.com/richzhang/PerceptualSimilarity/master';
  return {
    fileName: `lpips_v0.1_${name}.pth`,
    url: `${repository}/lpips/weights/v0.1/${name}.pth`,
    sizeMegabytes: sizeBytes / 1e6,
    sha256Prefix: sha256,
    contents: `linear heads of LPIPS v0.1, ${name}`,
    licence: 'BSD-2-Clause',
  };
}

export const lpipsWeightFiles: Readonly<Record<TrunkName, WeightFilePair>> = {
  vgg: {
    trunk: torchvision('vgg16', '397923af', 553.4, 'VGG16'),
    heads: lpipsHeads('vgg', 'a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868', 7289),
  },
  alex: {
    trunk: torchvision('alexnet-owt', '7be5be79', 244.4, 'AlexNet'),
    heads: lpipsHeads('alex', 'df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0', 6009),
  },
  squeeze: {
    trunk: torchvision('squeezenet1_1', 'b8a52dc0', 5, 'SqueezeNet 1.1'),
    heads: lpipsHeads('squeeze', '4a5350f23600cb79923ce65bb07cbf57dca461329894153e05a1346bd531cf76', 10_811),
  },
};

/** The weights that come with this package. */
export const builtinWeightsPath = join(
  dirname(createRequire(import.meta.url).resolve('latent-vae/package.json')),
  'weights',
  'photo-features.safetensors',
);

/** Where weights are kept unless the user says otherwise: the cache folder of the XDG base directory specification. */
export function defaultWeightFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return cacheFolder('weights', environment);
}
