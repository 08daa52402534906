"""Runs exported models with other people's code: ONNX's reference evaluator, and AutoencoderKL written from diffusers' names.

usage: check_export.py FOLDER, which holds vae/ (diffusers), onnx/ with encoder.onnx, decoder.onnx and io.safetensors:
image [B, 3, H, W], mean, logvar, latent [B, Z, h, w] and restored [B, 3, H, W] as latent-vae computed them.
"""

import json
import sys

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import load_file
from safetensors.torch import load_file as load_torch

folder = sys.argv[1]
io = load_file(f"{folder}/onnx/io.safetensors")
config = json.load(open(f"{folder}/vae/config.json"))
weights = load_torch(f"{folder}/vae/diffusion_pytorch_model.safetensors")
used = set()


def weight(name):
    used.add(name)
    return weights[name]


def conv(name, x, **options):
    return F.conv2d(x, weight(f"{name}.weight"), weight(f"{name}.bias"), **options)


def norm(name, x):
    return F.group_norm(x, config["norm_num_groups"], weight(f"{name}.weight"), weight(f"{name}.bias"), 1e-6)


def resnet(name, x):
    hidden = conv(f"{name}.conv1", F.silu(norm(f"{name}.norm1", x)), padding=1)
    hidden = conv(f"{name}.conv2", F.silu(norm(f"{name}.norm2", hidden)), padding=1)
    return hidden + (conv(f"{name}.conv_shortcut", x) if f"{name}.conv_shortcut.weight" in weights else x)


def attention(name, x):
    batch, channels, height, width = x.shape
    flat = norm(f"{name}.group_norm", x).reshape(batch, channels, -1).transpose(1, 2)
    linear = lambda part, value: F.linear(value, weight(f"{name}.{part}.weight"), weight(f"{name}.{part}.bias"))
    mixed = F.scaled_dot_product_attention(*(linear(part, flat) for part in ("to_q", "to_k", "to_v")))
    return x + linear("to_out.0", mixed).transpose(1, 2).reshape(x.shape)


def middle(name, x):
    x = resnet(f"{name}.resnets.0", x)
    if config["mid_block_add_attention"]:
        x = attention(f"{name}.attentions.0", x)
    return resnet(f"{name}.resnets.1", x)


def encode(x):
    x = conv("encoder.conv_in", x, padding=1)
    for level, kind in enumerate(config["down_block_types"]):
        block = f"encoder.down_blocks.{level}"
        for layer in range(config["layers_per_block"]):
            x = resnet(f"{block}.resnets.{layer}", x)
            if kind.startswith("Attn"):
                x = attention(f"{block}.attentions.{layer}", x)
        if level < len(config["block_out_channels"]) - 1:
            x = conv(f"{block}.downsamplers.0.conv", F.pad(x, (0, 1, 0, 1)), stride=2)
    x = conv("encoder.conv_out", F.silu(norm("encoder.conv_norm_out", middle("encoder.mid_block", x))), padding=1)
    mean, logvar = (conv("quant_conv", x) if config["use_quant_conv"] else x).chunk(2, dim=1)
    return mean, logvar.clamp(-30, 20)


def decode(z):
    x = conv("decoder.conv_in", conv("post_quant_conv", z) if config["use_post_quant_conv"] else z, padding=1)
    x = middle("decoder.mid_block", x)
    for level, kind in enumerate(config["up_block_types"]):
        block = f"decoder.up_blocks.{level}"
        for layer in range(config["layers_per_block"] + 1):
            x = resnet(f"{block}.resnets.{layer}", x)
            if kind.startswith("Attn"):
                x = attention(f"{block}.attentions.{layer}", x)
        if level < len(config["block_out_channels"]) - 1:
            x = conv(f"{block}.upsamplers.0.conv", F.interpolate(x, scale_factor=2, mode="nearest"), padding=1)
    return conv("decoder.conv_out", F.silu(norm("decoder.conv_norm_out", x)), padding=1)


def difference(got, wanted):
    return float(np.abs(got - wanted).max() / np.abs(wanted).max())


def run(part, name, array):
    model = onnx.load(f"{folder}/onnx/{part}.onnx")
    onnx.checker.check_model(model, full_check=True)
    return ReferenceEvaluator(model).run(None, {name: array})


with torch.no_grad():
    torch_results = [*encode(torch.tensor(io["image"])), decode(torch.tensor(io["latent"]))]
onnx_results = [*run("encoder", "image", io["image"]), *run("decoder", "latent", io["latent"])]
wanted = [io[name] for name in ("mean", "logvar", "restored")]
print(
    json.dumps(
        {
            "unused": sorted(set(weights) - used),
            "diffusers": [difference(got.numpy(), want) for got, want in zip(torch_results, wanted)],
            "onnx": [difference(got, want) for got, want in zip(onnx_results, wanted)],
        }
    )
)
