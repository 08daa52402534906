/** models.json, which lies beside the page. */

/** One of the models that the folder holds; addresses are relative to the page. */
export interface ModelEntry {
  readonly name: string;
  readonly encoder: string;
  readonly decoder: string;
  /** Of both files together. */
  readonly sizeBytes: number;
  /** Of a diffusion model that was trained on its latents. */
  readonly diffusion?: { readonly denoiser: string; readonly config: string };
}

export interface ExplorationManifest {
  readonly models: readonly ModelEntry[];
}
