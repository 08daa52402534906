/** The classification networks whose features LPIPS compares, as torchvision numbers their layers. */

/** A step of a trunk. Convolutions and fire modules end in ReLU; `tap` marks the outputs that are compared. */
export type TrunkLayer = ConvLayer | FireLayer | PoolLayer;

export interface ConvLayer {
  readonly kind: 'conv';
  /** Place in torchvision's `features`, part of the parameters' names. */
  readonly index: number;
  readonly outChannels: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: number;
  readonly tap: boolean;
}

/** A 1×1 convolution to few channels, then 1×1 and 3×3 ones side by side (Iandola et al., arXiv 1602.07360). */
export interface FireLayer {
  readonly kind: 'fire';
  readonly index: number;
  readonly squeezeChannels: number;
  /** Of each of the two that are concatenated. */
  readonly expandChannels: number;
  readonly tap: boolean;
}

/** Takes maxima over `size`² pixels, every 2. A window that sticks out on the right or bottom counts where `ceil` is true. */
export interface PoolLayer {
  readonly kind: 'pool';
  readonly size: number;
  readonly ceil: boolean;
}

const tap = true;

function conv(index: number, outChannels: number, options: Partial<ConvLayer> = {}): ConvLayer {
  return { kind: 'conv', index, outChannels, kernelSize: 3, stride: 1, padding: 1, tap: false, ...options };
}

function fire(index: number, squeezeChannels: number, expandChannels: number, tapped = false): FireLayer {
  return { kind: 'fire', index, squeezeChannels, expandChannels, tap: tapped };
}

const pool = (size: number, ceil = false): PoolLayer => ({ kind: 'pool', size, ceil });

export const trunks = {
  /** Simonyan & Zisserman, arXiv 1409.1556, configuration D; compared at relu1_2, 2_2, 3_3, 4_3, 5_3. */
  vgg: [
    conv(0, 64),
    conv(2, 64, { tap }),
    pool(2),
    conv(5, 128),
    conv(7, 128, { tap }),
    pool(2),
    conv(10, 256),
    conv(12, 256),
    conv(14, 256, { tap }),
    pool(2),
    conv(17, 512),
    conv(19, 512),
    conv(21, 512, { tap }),
    pool(2),
    conv(24, 512),
    conv(26, 512),
    conv(28, 512, { tap }),
  ],
  /** Krizhevsky, arXiv 1404.5997; compared at every ReLU. */
  alex: [
    conv(0, 64, { kernelSize: 11, stride: 4, padding: 2, tap }),
    pool(3),
    conv(3, 192, { kernelSize: 5, padding: 2, tap }),
    pool(3),
    conv(6, 384, { tap }),
    conv(8, 256, { tap }),
    conv(10, 256, { tap }),
  ],
  /** SqueezeNet 1.1 (Iandola et al., arXiv 1602.07360). */
  squeeze: [
    conv(0, 64, { stride: 2, padding: 0, tap }),
    pool(3, true),
    fire(3, 16, 64),
    fire(4, 16, 64, tap),
    pool(3, true),
    fire(6, 32, 128),
    fire(7, 32, 128, tap),
    pool(3, true),
    fire(9, 48, 192, tap),
    fire(10, 48, 192, tap),
    fire(11, 64, 256, tap),
    fire(12, 64, 256, tap),
  ],
} as const satisfies Record<string, readonly TrunkLayer[]>;
export type TrunkName = keyof typeof trunks;
