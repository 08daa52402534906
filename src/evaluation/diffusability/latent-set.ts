/** Latents of several images. */
export interface LatentSet {
  /** [count, h, w, Z], raw */
  readonly latents: Float32Array;
  /** h, w, Z */
  readonly shape: readonly [number, number, number];
}
