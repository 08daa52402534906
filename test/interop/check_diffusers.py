"""Both ways with diffusers' own classes: loads FOLDER/ours/*, which the test wrote, and writes FOLDER/theirs/*."""

import json
import pathlib
import sys

import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from safetensors.torch import load_file, save_file

folder = pathlib.Path(sys.argv[1])
weights_name = "diffusion_pytorch_model.safetensors"


def compute(model, image):
    encoded = model.encode(image)
    if isinstance(model, AutoencoderTiny):
        return {"mean": encoded.latents, "restored": model.decode(encoded.latents).sample}
    mean, logvar = encoded.latent_dist.mean, encoded.latent_dist.logvar
    return {"mean": mean, "logvar": logvar, "restored": model.decode(mean).sample}


def check(directory):
    class_name = json.loads((directory / "config.json").read_text())["_class_name"]
    variant = "fp16" if directory.name.endswith("fp16") else None
    kind = {"AutoencoderKL": AutoencoderKL, "AutoencoderTiny": AutoencoderTiny}[class_name]
    model, loading = kind.from_pretrained(directory, variant=variant, output_loading_info=True)
    io = load_file(directory / "io.safetensors")
    got = compute(model.float(), io["image"])
    difference = {name: float((value - io[name]).abs().max() / io[name].abs().max()) for name, value in got.items()}
    return {**{key: list(map(str, value)) for key, value in loading.items()}, "difference": difference}


def kl(**options):
    shape = dict(block_out_channels=[32, 64], layers_per_block=1, latent_channels=4, sample_size=32)
    blocks = dict(down_block_types=["DownEncoderBlock2D"] * 2, up_block_types=["UpDecoderBlock2D"] * 2)
    return AutoencoderKL(**{**shape, **blocks, **options})


def former_names(directory):
    """Attention's projections as diffusers called and shaped them before 0.17."""
    names = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    tensors = {}
    for name, value in load_file(directory / weights_name).items():
        for now, then in names.items():
            if f".{now}." in name:
                name = name.replace(f".{now}.", f".{then}.")
                value = value[:, :, None, None] if value.ndim == 2 else value
        tensors[name] = value
    save_file(tensors, directory / weights_name, metadata={"format": "pt"})


attention = dict(
    down_block_types=["DownEncoderBlock2D", "AttnDownEncoderBlock2D"],
    up_block_types=["AttnUpDecoderBlock2D", "UpDecoderBlock2D"],
    layers_per_block=2,
)
flux = dict(latent_channels=16, use_quant_conv=False, use_post_quant_conv=False, scaling_factor=0.3611, shift_factor=0.1159)
normalised = dict(latents_mean=[-1.6574, 1.886, -1.383, 2.5155], latents_std=[8.4927, 5.9022, 6.5498, 5.2299])
tiny = dict(
    encoder_block_out_channels=(8, 8, 8),
    decoder_block_out_channels=(8, 8, 8),
    num_encoder_blocks=(1, 2, 3),
    num_decoder_blocks=(3, 2, 1),
    latent_channels=16,
)


def write(name, model, change=lambda directory: None, **options):
    directory = folder / "theirs" / name
    model.eval().save_pretrained(directory, **options)
    change(directory)
    image = torch.randn(2, 3, 16, 24)
    io = {"image": image, **compute(model.float(), image)}
    save_file({key: value.contiguous() for key, value in io.items()}, directory / "io.safetensors")


torch.manual_seed(0)
with torch.no_grad():
    checked = {directory.name: check(directory) for directory in sorted((folder / "ours").iterdir())}
    write("sd", kl())
    write("sharded", kl(), max_shard_size="200KB")
    write("fp16", kl().half(), variant="fp16")
    write("fp16-sharded", kl().half(), variant="fp16", max_shard_size="100KB")
    write("bf16", kl().bfloat16())
    write("bin", kl(), safe_serialization=False)
    write("flux", kl(**flux))
    write("normalised", kl(**normalised))
    write("attention", kl(**attention))
    write("former-names", kl(), former_names)
    write("no-attention", kl(mid_block_add_attention=False))
    write("taef1", AutoencoderTiny(**tiny))
print(json.dumps(checked))
