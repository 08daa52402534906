"""Writes a cache of latents as OneTrainer keeps it (mgds' DiskCache), with the numbers 0, 1, 2, ... in the place of latents.

python test/golden/onetrainer/make.py  (PyTorch 2.13 cpu)
"""
from pathlib import Path

import torch

cache = Path(__file__).parent / "cache"
images, texts = (cache / kind / "0a1b2c" / "variation-0" for kind in ("image", "text"))
for folder in (images, texts):
    folder.mkdir(parents=True, exist_ok=True)
for index, shape in enumerate([(4, 2, 3), (4, 1, 2, 2)]):
    latent = torch.arange(torch.Size(shape).numel()).reshape(shape).to(torch.bfloat16)
    torch.save({"latent_image": latent, "original_resolution": (512, 768), "crop_offset": (0, 0)}, images / f"{index}.pt")
    torch.save({"tokens": torch.arange(3)}, texts / f"{index}.pt")
torch.save([{"crop_resolution": (16, 24), "image_path": "a.png"}] * 2, images / "aggregate.pt")
