"""LDM's and diffusers' AutoencoderKL (Rombach et al., arXiv 2112.10752) in plain PyTorch, with diffusers' names."""
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint


class Segment(nn.Module):
    """What gradient checkpointing, where it is switched on, keeps the input of alone."""

    checkpointing = False

    def __call__(self, x):
        return checkpoint(super().__call__, x, use_reentrant=False) if self.checkpointing else super().__call__(x)


class ResnetBlock(Segment):
    def __init__(self, inputs, outputs, groups):
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, inputs, eps=1e-6)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm2 = nn.GroupNorm(groups, outputs, eps=1e-6)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x):
        hidden = self.conv1(F.silu(self.norm1(x)))
        return self.conv_shortcut(x) + self.conv2(F.silu(self.norm2(hidden)))


class Attention(Segment):
    def __init__(self, channels, groups):
        super().__init__()
        self.group_norm = nn.GroupNorm(groups, channels, eps=1e-6)
        self.to_q, self.to_k, self.to_v = (nn.Linear(channels, channels) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, x):
        tokens = self.group_norm(x).flatten(2).transpose(1, 2)  # [B, hw, C]
        q, k, v = (f(tokens)[:, None] for f in (self.to_q, self.to_k, self.to_v))
        attended = F.scaled_dot_product_attention(q, k, v)[:, 0]
        return x + self.to_out[0](attended).transpose(1, 2).reshape(x.shape)


class Downsample(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2)

    def forward(self, x):
        return self.conv(F.pad(x, (0, 1, 0, 1)))


class DownBlock(nn.Module):
    def __init__(self, inputs, outputs, layers, groups, attention, last):
        super().__init__()
        widths = [inputs] + [outputs] * (layers - 1)
        self.resnets = nn.ModuleList(ResnetBlock(width, outputs, groups) for width in widths)
        self.attentions = nn.ModuleList(Attention(outputs, groups) for _ in widths if attention)
        self.downsamplers = nn.ModuleList([] if last else [Downsample(outputs)])

    def forward(self, x):
        for index, resnet in enumerate(self.resnets):
            x = resnet(x)
            if self.attentions:
                x = self.attentions[index](x)
        for downsample in self.downsamplers:
            x = downsample(x)
        return x


class MidBlock(nn.Module):
    def __init__(self, channels, groups, attention):
        super().__init__()
        self.resnets = nn.ModuleList(ResnetBlock(channels, channels, groups) for _ in range(2))
        self.attentions = nn.ModuleList([Attention(channels, groups)] if attention else [])

    def forward(self, x):
        x = self.resnets[0](x)
        for attention in self.attentions:
            x = attention(x)
        return self.resnets[1](x)


class Encoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        widths, groups, layers = config["blockOutChannels"], config["normNumGroups"], config["layersPerBlock"]
        self.conv_in = nn.Conv2d(config["inChannels"], widths[0], 3, padding=1)
        self.down_blocks = nn.ModuleList(
            DownBlock(
                widths[max(0, level - 1)], width, layers, groups,
                level in config["attentionLevels"], level == len(widths) - 1,
            )
            for level, width in enumerate(widths)
        )
        self.mid_block = MidBlock(widths[-1], groups, config["midBlockAttention"])
        self.conv_norm_out = nn.GroupNorm(groups, widths[-1], eps=1e-6)
        self.conv_out = nn.Conv2d(widths[-1], 2 * config["latentChannels"], 3, padding=1)

    def forward(self, x):
        x = self.conv_in(x)
        for block in self.down_blocks:
            x = block(x)
        return self.conv_out(F.silu(self.conv_norm_out(self.mid_block(x))))


def stem_level(config, channels, layers):
    resnets = (ResnetBlock(channels, channels, config["normNumGroups"]) for _ in range(layers))
    return nn.ModuleDict({"resnets": nn.ModuleList(resnets)})


class StemEncoder(nn.Module):
    """A network with a stem: squares of pixels become channels, nothing runs at full resolution."""

    def __init__(self, config):
        super().__init__()
        widths = config["blockOutChannels"]
        self.stem = config["stem"]
        self.conv_in = nn.Conv2d(config["inChannels"] * self.stem**2, widths[0], 3, padding=1)
        self.down_blocks = nn.ModuleList(stem_level(config, *level) for level in zip(widths, config["encoderLayers"]))
        for block, width, following in zip(self.down_blocks, widths, widths[1:]):
            block["downsamplers"] = nn.ModuleList([nn.ModuleDict({"conv": nn.Conv2d(4 * width, following, 1)})])
        self.conv_norm_out = nn.GroupNorm(config["normNumGroups"], widths[-1], eps=1e-6)
        self.conv_out = nn.Conv2d(widths[-1], 2 * config["latentChannels"], 3, padding=1)

    def forward(self, x):
        x = self.conv_in(F.pixel_unshuffle(x, self.stem))
        for block in self.down_blocks:
            for resnet in block["resnets"]:
                x = resnet(x)
            if "downsamplers" in block:
                x = block["downsamplers"][0]["conv"](F.pixel_unshuffle(x, 2))
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class StemDecoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        widths = config["blockOutChannels"][::-1]
        self.stem = config["stem"]
        self.conv_in = nn.Conv2d(config["latentChannels"], widths[0], 3, padding=1)
        self.up_blocks = nn.ModuleList(stem_level(config, *level) for level in zip(widths, config["decoderLayers"][::-1]))
        for block, width, following in zip(self.up_blocks, widths, widths[1:]):
            block["upsamplers"] = nn.ModuleList([nn.ModuleDict({"conv": nn.Conv2d(width, 4 * following, 1)})])
        self.conv_norm_out = nn.GroupNorm(config["normNumGroups"], widths[-1], eps=1e-6)
        self.conv_out = nn.Conv2d(widths[-1], config["inChannels"] * self.stem**2, 3, padding=1)

    def forward(self, z):
        x = self.conv_in(z)
        for block in self.up_blocks:
            for resnet in block["resnets"]:
                x = resnet(x)
            if "upsamplers" in block:
                x = F.pixel_shuffle(block["upsamplers"][0]["conv"](x), 2)
        return F.pixel_shuffle(self.conv_out(F.silu(self.conv_norm_out(x))), self.stem)


class EncodingHalf(nn.Module):
    """Images [B, 3, H, W] in [-1, 1] -> mean and logvar, each [B, Z, h, w]."""

    def __init__(self, config):
        super().__init__()
        self.encoder = (StemEncoder if "stem" in config else Encoder)(config)
        moments = 2 * config["latentChannels"]
        self.quant_conv = nn.Conv2d(moments, moments, 1) if config["useQuantConv"] else nn.Identity()

    def forward(self, images):
        mean, logvar = self.quant_conv(self.encoder(images)).chunk(2, dim=1)
        return mean, logvar.clamp(-30, 20)


class Upsample(Segment):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        return self.conv(F.interpolate(x, scale_factor=2, mode="nearest"))


class UpBlock(nn.Module):
    def __init__(self, inputs, outputs, layers, groups, attention, last):
        super().__init__()
        widths = [inputs] + [outputs] * layers
        self.resnets = nn.ModuleList(ResnetBlock(width, outputs, groups) for width in widths)
        self.attentions = nn.ModuleList(Attention(outputs, groups) for _ in widths if attention)
        self.upsamplers = nn.ModuleList([] if last else [Upsample(outputs)])

    def forward(self, x):
        for index, resnet in enumerate(self.resnets):
            x = resnet(x)
            if self.attentions:
                x = self.attentions[index](x)
        for upsample in self.upsamplers:
            x = upsample(x)
        return x


class Decoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        widths, groups = config["blockOutChannels"][::-1], config["normNumGroups"]
        self.conv_in = nn.Conv2d(config["latentChannels"], widths[0], 3, padding=1)
        self.mid_block = MidBlock(widths[0], groups, config["midBlockAttention"])
        self.up_blocks = nn.ModuleList(
            UpBlock(
                widths[max(0, index - 1)], width, config["layersPerBlock"], groups,
                len(widths) - 1 - index in config["attentionLevels"], index == len(widths) - 1,
            )
            for index, width in enumerate(widths)
        )
        self.conv_norm_out = nn.GroupNorm(groups, widths[-1], eps=1e-6)
        self.conv_out = nn.Conv2d(widths[-1], config["inChannels"], 3, padding=1)

    def forward(self, z):
        x = self.mid_block(self.conv_in(z))
        for block in self.up_blocks:
            x = block(x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class Autoencoder(EncodingHalf):
    def __init__(self, config):
        super().__init__(config)
        channels = config["latentChannels"]
        self.post_quant_conv = nn.Conv2d(channels, channels, 1) if config["usePostQuantConv"] else nn.Identity()
        self.decoder = (StemDecoder if "stem" in config else Decoder)(config)

    def decode(self, z):
        return self.decoder(self.post_quant_conv(z))
