"""Writes a directory per family of autoencoders, as diffusers saves it, with random weights, and what PyTorch computes with it.

python test/golden/families/make.py [family ...]  (PyTorch 2.13 cpu; diffusers 0.40.0.dev0, commit 58eb52c0)

Each directory holds config.json, diffusion_pytorch_model.safetensors and io.safetensors: images x, the posterior's mean and
logvar (families without a variance: mean alone), eps, the reconstruction of mean + exp(logvar / 2) * eps, a loss, and its
gradients with respect to x and some weights (`grad.<name>`). The loss is the mean of (reconstruction - x)² plus a tenth of the
means of mean² and logvar², so that every output has a gradient. Networks are in evaluation mode, images NCHW in [-1, 1].

`vqgan` and `gumbel` are networks of taming-transformers (github.com/CompVis/taming-transformers, commit 3ba01b2; its folder is
named by TAMING), saved as its trainer saves them, in half precision.
"""
import os
import sys
from pathlib import Path

import diffusers
import torch
from safetensors.torch import save_file

torch.set_num_threads(1)
down, up = "DownEncoderBlock2D", "UpDecoderBlock2D"
kl = {"layers_per_block": 1, "norm_num_groups": 4, "latent_channels": 2, "sample_size": 16, "block_out_channels": [8, 12]}
levels = {"down_block_types": [down, down], "up_block_types": [up, up]}
video = {"base_dim": 4, "dim_mult": [1, 2, 2], "num_res_blocks": 1, "temperal_downsample": [False, True], "z_dim": 3}
scaling = {"latents_mean": [0.1, -0.2, 0.3], "latents_std": [1.5, 0.5, 2.0]}

#: class of diffusers, arguments of its constructor, weights whose gradients are kept
families = {
    "kl-encoder-attention": (
        "AutoencoderKL",
        {**kl, "down_block_types": [down, "Attn" + down], "up_block_types": [up, up]},
        ["encoder.down_blocks.1.attentions.0.to_q.weight", "decoder.conv_in.weight"],
    ),
    "kl-flux2": (
        "AutoencoderKLFlux2",
        {**kl, **levels, "decoder_block_out_channels": [12, 16], "patch_size": [2, 2]},
        ["encoder.conv_in.weight", "decoder.up_blocks.0.resnets.0.conv1.weight"],
    ),
    "kl-asymmetric": (
        "AsymmetricAutoencoderKL",
        {
            **{key: kl[key] for key in ("norm_num_groups", "latent_channels", "sample_size")},
            **levels,
            "down_block_out_channels": [8, 12],
            "layers_per_down_block": 1,
            "up_block_out_channels": [4, 8],
            "layers_per_up_block": 2,
        },
        ["encoder.conv_in.weight", "decoder.up_blocks.1.resnets.2.conv1.weight"],
    ),
    "vq": (
        "VQModel",
        {**kl, **levels, "num_vq_embeddings": 16, "vq_embed_dim": 3, "latent_channels": 2, "scaling_factor": 1.0},
        ["encoder.conv_in.weight", "quant_conv.weight", "post_quant_conv.weight"],
    ),
    "dc-convolutions": (
        "AutoencoderDC",
        {
            "latent_channels": 4,
            "attention_head_dim": 8,
            "encoder_block_types": ["ResBlock", "ResBlock", "EfficientViTBlock"],
            "decoder_block_types": ["ResBlock", "ResBlock", "EfficientViTBlock"],
            "encoder_block_out_channels": [8, 16, 16],
            "decoder_block_out_channels": [8, 16, 16],
            "encoder_layers_per_block": [1, 1, 1],
            "decoder_layers_per_block": [1, 2, 1],
            "encoder_qkv_multiscales": [[], [], [5]],
            "decoder_qkv_multiscales": [[], [], [3, 5]],
            "downsample_block_type": "Conv",
            "upsample_block_type": "interpolate",
            "decoder_norm_types": ["batch_norm", "batch_norm", "rms_norm"],
            "decoder_act_fns": ["relu", "relu", "silu"],
            "scaling_factor": 0.41407,
        },
        [
            "encoder.down_blocks.0.1.conv.weight",
            "decoder.up_blocks.0.1.norm.weight",
            "decoder.up_blocks.2.0.attn.to_qkv_multiscale.1.proj_in.weight",
        ],
    ),
    "dc-shuffles": (
        "AutoencoderDC",
        {
            "latent_channels": 4,
            "attention_head_dim": 8,
            "encoder_block_types": ["ResBlock", "ResBlock", "EfficientViTBlock"],
            "decoder_block_types": ["ResBlock", "ResBlock", "EfficientViTBlock"],
            "encoder_block_out_channels": [8, 8, 16],
            "decoder_block_out_channels": [8, 8, 16],
            "encoder_layers_per_block": [0, 1, 1],
            "decoder_layers_per_block": [0, 1, 1],
            "encoder_qkv_multiscales": [[], [], [5]],
            "decoder_qkv_multiscales": [[], [], [5]],
        },
        [
            "encoder.conv_in.conv.weight",
            "encoder.down_blocks.2.0.attn.to_q.weight",
            "encoder.down_blocks.2.0.attn.to_qkv_multiscale.0.proj_in.weight",
            "encoder.down_blocks.2.0.attn.to_qkv_multiscale.0.proj_out.weight",
            "encoder.down_blocks.2.0.conv_out.conv_depth.weight",
            "decoder.up_blocks.1.0.conv.weight",
            "decoder.norm_out.weight",
        ],
    ),
    "kl-qwen-image": (
        "AutoencoderKLQwenImage",
        {**video, **scaling},
        ["encoder.mid_block.attentions.0.norm.gamma", "encoder.mid_block.attentions.0.to_qkv.weight"],
    ),
    "kl-wan": (
        "AutoencoderKLWan",
        {**video, **scaling, "dim_mult": [1, 2], "temperal_downsample": [True]},
        ["decoder.mid_block.attentions.0.proj.weight"],
    ),
    "kl-wan-residual": (
        "AutoencoderKLWan",
        {
            **video,
            **scaling,
            "is_residual": True,
            "base_dim": 2,
            "decoder_base_dim": 4,
            "in_channels": 12,
            "out_channels": 12,
            "patch_size": 2,
            "scale_factor_spatial": 8,
        },
        ["encoder.down_blocks.0.resnets.0.norm1.gamma", "decoder.mid_block.attentions.0.proj.weight"],
    ),
}


def randomised(model):
    """Norms start as identities and statistics as those of N(0, 1), which a wrong network could pass with."""
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 2)
            elif tensor.is_floating_point():
                tensor.add_(0.2 * torch.randn_like(tensor) * tensor.std().nan_to_num(1).clamp(min=0.5 if tensor.ndim < 2 else 0))
    return model.eval()


def write(name):
    class_name, arguments, kept = families[name]
    torch.manual_seed(7)
    model = randomised(getattr(diffusers, class_name)(**arguments))
    if class_name == "VQModel":
        model.quantize.embedding.weight.data.mul_(16)
        model.quant_conv.weight.data.mul_(6)
    directory = Path(__file__).parent / name
    directory.mkdir(exist_ok=True)
    model.save_pretrained(directory)
    is_video = class_name in ("AutoencoderKLQwenImage", "AutoencoderKLWan")
    frames = (lambda images: images[:, :, None]) if is_video else (lambda images: images)
    x = (torch.rand(2, 3, 24, 16) * 2 - 1).requires_grad_(True)
    encoded = model.encode(frames(x))
    tensors = {"x": x}
    if hasattr(encoded, "latent_dist"):
        mean, logvar = encoded.latent_dist.mean, encoded.latent_dist.logvar
        eps = torch.randn_like(mean)
        latent = mean + (logvar / 2).exp() * eps
        penalty = (mean**2).mean() + (logvar**2).mean()
        tensors |= {"mean": mean, "logvar": logvar, "eps": eps}
    else:
        mean = encoded.latents if class_name == "VQModel" else encoded.latent
        latent, penalty = mean, (mean**2).mean()
        tensors["mean"] = mean
    if class_name == "VQModel":
        tensors["mean"], _, (_, _, codes) = model.quantize(mean)
        tensors["codes"] = codes.float()
        penalty = 0 * penalty
    # Both video networks clamp what they decode to [-1, 1]; ours leave that to whoever writes pictures.
    clamp, torch.clamp = torch.clamp, (lambda value, *_, **__: value) if is_video else torch.clamp
    reconstruction = model.decode(latent).sample
    torch.clamp = clamp
    if is_video:
        reconstruction = reconstruction[:, :, 0]
        tensors = {key: value[:, :, 0] if value.ndim == 5 else value for key, value in tensors.items()}
    loss = ((reconstruction - x) ** 2).mean() + 0.1 * penalty
    weights = dict(model.named_parameters())
    gradients = torch.autograd.grad(loss, [x, *(weights[key] for key in kept)])
    tensors |= {"reconstruction": reconstruction, "loss": loss.reshape(1), "grad_x": gradients[0]}
    for key, gradient in zip(kept, gradients[1:]):
        tensors[f"grad.{key}"] = gradient[:, :, -1] if gradient.ndim == 5 else gradient
    save_file({key: value.detach().contiguous() for key, value in tensors.items()}, directory / "io.safetensors")
    print(name, sum(value.numel() for value in model.state_dict().values()), "numbers", {k: tuple(v.shape) for k, v in tensors.items()})


def write_taming(name):
    sys.path.insert(0, os.environ["TAMING"])
    from taming.modules.diffusionmodules.model import Decoder, Encoder
    from taming.modules.vqvae.quantize import GumbelQuantize, VectorQuantizer2

    torch.manual_seed(7)
    is_gumbel = name == "gumbel"
    config = {"ch": 32, "out_ch": 3, "ch_mult": (1, 1), "num_res_blocks": 1, "attn_resolutions": [8], "in_channels": 3}
    config |= {"resolution": 16, "z_channels": 3 if is_gumbel else 2, "double_z": False}
    z = config["z_channels"]
    model = torch.nn.ModuleDict(
        {
            "encoder": Encoder(**config),
            "decoder": Decoder(**config),
            "quantize": GumbelQuantize(z, 3, 16) if is_gumbel else VectorQuantizer2(16, 3, beta=0.25),
            "quant_conv": torch.nn.Conv2d(z, 3, 1),
            "post_quant_conv": torch.nn.Conv2d(3, z, 1),
        }
    )
    if not is_gumbel:
        model.quantize.embedding.weight.data.mul_(16)
    model = randomised(model)
    if is_gumbel:
        # A random projection of vectors far from zero gives one code the largest logit everywhere.
        with torch.no_grad():
            mean = model["quant_conv"](model["encoder"](torch.rand(1, 3, 16, 16) * 2 - 1)).mean((0, 2, 3))
            model["quantize"].proj.bias.copy_(-model["quantize"].proj.weight[:, :, 0, 0] @ mean)
    model = model.half().float()
    directory = Path(__file__).parent / name
    directory.mkdir(exist_ok=True)
    state = {key: tensor.half() for key, tensor in model.state_dict().items()}
    state["loss.discriminator.main.0.weight"] = torch.zeros(1)
    torch.save({"epoch": 3, "global_step": 100, "state_dict": state}, directory / "last.ckpt")
    x = (torch.rand(1, 3, 16, 16) * 2 - 1).requires_grad_(True)
    encoded = model["quant_conv"](model["encoder"](x))
    if is_gumbel:
        # Without the draws of its softmax; the gradient passes straight through, as that of VectorQuantizer2 does.
        codes = model["quantize"].proj(encoded).argmax(1)
        vectors = model["quantize"].embed(codes).permute(0, 3, 1, 2)
        mean = encoded + (vectors - encoded).detach()
    else:
        mean, _, (_, _, codes) = model["quantize"](encoded)
    reconstruction = model["decoder"](model["post_quant_conv"](mean))
    loss = ((reconstruction - x) ** 2).mean()
    tensors = {"x": x, "mean": mean, "codes": codes.float(), "reconstruction": reconstruction, "loss": loss.reshape(1)}
    tensors["grad_x"] = torch.autograd.grad(loss, x)[0]
    save_file({key: value.detach().contiguous() for key, value in tensors.items()}, directory / "io.safetensors")
    print(name, len(codes.unique()), "codes")


for family in sys.argv[1:] or [*families, "vqgan", "gumbel"]:
    write_taming(family) if family in ("vqgan", "gumbel") else write(family)
