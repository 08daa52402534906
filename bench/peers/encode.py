"""What most people would write: encode a list of images with a DataLoader, Pillow and PyTorch, and save the latents.

Usage: encode.py JOB.json. Prints one JSON object: ms per image, from the first file to the last latent on disk.
"""
import json
import os
import sys
import time

import torch
from PIL import Image, ImageOps
from safetensors.torch import load_file, save_file
from torch.utils.data import DataLoader, Dataset

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from autoencoder_kl import EncodingHalf

IMAGES_PER_SHARD = 2048


class Images(Dataset):
    """The centre square of each file, its shorter side resized to `size` px with Lanczos: [3, size, size] in [-1, 1]."""

    def __init__(self, paths, size):
        self.paths, self.size = paths, size

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        image = ImageOps.exif_transpose(Image.open(self.paths[index])).convert("RGB")
        scale = self.size / min(image.size)
        width, height = (round(side * scale) for side in image.size)
        left, top = (width - self.size) // 2, (height - self.size) // 2
        resized = image.resize((width, height), Image.Resampling.LANCZOS)
        square = resized.crop((left, top, left + self.size, top + self.size))
        pixels = torch.frombuffer(bytearray(square.tobytes()), dtype=torch.uint8)
        return pixels.view(self.size, self.size, 3).permute(2, 0, 1)


def to_unit_range(pixels, memory_format):
    return (pixels.float() / 127.5 - 1).contiguous(memory_format=memory_format)


def faster_memory_format(model, batch):
    """Which of PyTorch's two layouts is the faster one here depends on the network and on the processor."""
    seconds = {}
    for memory_format in (torch.contiguous_format, torch.channels_last):
        model.to(memory_format=memory_format)
        images = to_unit_range(batch, memory_format)
        model(images)
        start = time.perf_counter()
        model(images)
        seconds[memory_format] = time.perf_counter() - start
    best = min(seconds, key=seconds.get)
    model.to(memory_format=best)
    return best


@torch.inference_mode()
def main():
    with open(sys.argv[1]) as file:
        job = json.load(file)
    torch.set_num_threads(job["threads"])
    model = EncodingHalf(job["config"]).eval()
    weights = load_file(job["weights"])
    model.load_state_dict({name: weights[name] for name in model.state_dict()})
    size, batch = job["size"], job["batch"]
    memory_format = faster_memory_format(model, torch.zeros(batch, 3, size, size, dtype=torch.uint8))

    start = time.perf_counter()
    loader = DataLoader(Images(job["files"], size), batch_size=batch, num_workers=job["workers"])
    means, logvars, shard = [], [], 0

    def save():
        nonlocal means, logvars, shard
        tensors = {"mean": torch.cat(means), "logvar": torch.cat(logvars)}
        save_file(tensors, os.path.join(job["out"], f"latents-{shard:05d}.safetensors"))
        means, logvars, shard = [], [], shard + 1

    for pixels in loader:
        mean, logvar = model(to_unit_range(pixels, memory_format))
        means.append(mean.contiguous())
        logvars.append(logvar.contiguous())
        if sum(map(len, means)) >= IMAGES_PER_SHARD:
            save()
    if means:
        save()
    seconds = time.perf_counter() - start
    print(json.dumps({"msPerImage": 1000 * seconds / len(job["files"]), "torch": torch.__version__}))


main()
