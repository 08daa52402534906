/** Made of the schemas by tools/option-types.mjs (`npm run option-types`): change them, not this. */

/** What computes, and where. */
export interface EngineOptions {
  /** What computes: ours on ONNX Runtime, or a tfjs backend. Default: "onnxruntime". */
  engine: 'onnxruntime' | 'tensorflow' | 'tensorflow-gpu' | 'cpu';
  /** Where the onnxruntime engine computes. Default: "cpu". */
  device: 'cpu' | 'webgpu' | 'cuda';
  /** Threads of the onnxruntime engine, 0 = one per core. Default: 0. */
  threads: number;
}

/** Which files are read as images, and how. */
export interface ImageFilter {
  /** Only files that match this glob, counted from the folder of the images. */
  include?: string | undefined;
  /** No files that match this glob, counted from there. */
  exclude?: string | undefined;
  /**
   * Which of the folders above an image is its class: 1 is the first one below DIR, 0 all of them together. Default:
   * 1.
   */
  classDepth: number;
  /** Refuse larger members of tar files before reading them (bytes). Default: 268435456. */
  maxFileBytes: number;
  /**
   * Values that become black and white in pictures of more than 8 bits: LOW,HIGH (without it, 0,65535 in those of 16
   * bits).
   */
  range?: [number, number] | undefined;
  /** Refuse larger pictures before decoding them (px). Default: 268402689. */
  maxPixels: number;
}

/** How images go through a trained model. */
export interface InferenceOptions extends ImageFilter, EngineOptions {
  /** Side of the square centre crop (default: the model's) (px). */
  size?: number | undefined;
  /** Images per pass through the model (images). Default: 16. */
  batch: number;
}

/** How latents are stored. */
export interface EncodeOptions extends InferenceOptions {
  /** Keep every picture whole, in its own size, and encode it in tiles. Default: false. */
  tile: boolean;
  /** Side of a tile (px). Default: 512. */
  tileSize: number;
  /** Share of a tile that its neighbour sees too; it is blended in the middle half. Default: 0.25. */
  tileOverlap: number;
  /** Pictures of up to so many px are not cut (without it: 2097152 for fast networks, 0 for others) (px). */
  wholePixels?: number | undefined;
  /**
   * Resize each picture to the nearest of several shapes of about equal area, instead of to a square. Default:
   * false.
   */
  buckets: boolean;
  /** Of a bucket, as WIDTHxHEIGHT (default: the square of the model's size) (px). */
  area?: string | undefined;
  /** Of which both sides of a bucket are (default: 64) (px). */
  multiple?: number | undefined;
  /** Number format of the stored latents. Default: "float32". */
  dtype: 'float32' | 'float16' | 'bfloat16';
  /**
   * Of the encoder; int8 is faster, calibrates itself on 16 of the images and says what it costs. Default:
   * "float32".
   */
  precision: 'float32' | 'int8';
  /** Store the latents of the mirrored images too. Default: false. */
  mirrored: boolean;
  /** Upper bound of one shard (bytes). Default: 67108864. */
  shardBytes: number;
  /**
   * Threads that read and decode images while the model computes; with 0 that goes on between two batches. They are
   * for models that leave cores idle (on a GPU, or with fewer --threads), and cost a few per cent elsewhere.
   * Default: 0.
   */
  workers: number;
  /** Encode one part of all, such as 3/8, to merge later; without it, asks Slurm and MPI; 1/1 = no parts. */
  part?: string | undefined;
  /** How many parts there are, where an index from 0 says which this is (Kubernetes, lone Slurm tasks). */
  parts?: number | undefined;
  /** Try images again that could not be read before. Default: false. */
  retrySkipped: boolean;
  /**
   * Name the images of the store that changed or are gone, which reads those that were stored before. Default: true.
   */
  checkSources: boolean;
  /** Encode anew what changed since it was encoded, and try again what could not be read. Default: false. */
  update: boolean;
  /** Drop from the store what is not among the images any more. Default: false. */
  prune: boolean;
}

/** How latents are made into pictures again. */
export interface DecodeOptions extends EngineOptions {
  /** Of the pictures. Default: "png". */
  format: 'png' | 'jpeg' | 'webp';
  /** Decode the mean of each posterior or a draw from it. Default: "mean". */
  from: 'mean' | 'sample';
  /** Of the draws. Default: 0. */
  seed: number;
  /** Images per pass through the model (images). Default: 16. */
  batch: number;
  /** Side of a tile (px). Default: 512. */
  tileSize: number;
  /** Share of a tile that its neighbour sees too; it is blended in the middle half. Default: 0.25. */
  tileOverlap: number;
  /** Pictures of up to so many px are not cut (without it: 2097152 for fast networks, 0 for others) (px). */
  wholePixels?: number | undefined;
  /** Decode latents of another encoder, and replace what is in --out. Default: false. */
  force: boolean;
}

/** How a store is copied to another format. */
export interface ConvertOptions {
  /** Tar files, two .npy files per image, or one .npz. Default: "webdataset". */
  format: 'webdataset' | 'npy' | 'npz';
  /** Mean and logvar, the mean alone, one draw, or the codes of a vq model, int32. Default: "moments". */
  values: 'moments' | 'mean' | 'sample' | 'codes';
  /** Apply the store's scale (to mean and sample). Default: false. */
  scaled: boolean;
  /** Of the draws. Default: 0. */
  seed: number;
}
