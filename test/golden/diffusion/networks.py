"""The denoisers of latent-vae written in PyTorch, with the same parameter names. Latents are [B, Z, h, w]."""
import math
import torch
from torch import nn
from torch.nn import functional as F


def sincos(positions, features):
    """Features of DiT's get_1d_sincos_pos_embed_from_grid."""
    omega = 10_000 ** (-torch.arange(features // 2, dtype=torch.float64) / (features // 2))
    angles = positions.double().reshape(-1, 1) * omega
    return torch.cat([angles.sin(), angles.cos()], 1).float()


class TimeEmbedder(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(128, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, t):
        omega = torch.exp(-math.log(10_000) * torch.arange(64) / 64)
        angles = 1000 * t[:, None] * omega
        return self.mlp(torch.cat([angles.cos(), angles.sin()], 1))


class Conditioned(nn.Module):
    def __init__(self, classes, width):
        super().__init__()
        self.classes = classes
        self.t_embedder = TimeEmbedder(width)
        if classes:
            self.y_embedder = nn.Linear(classes + 1, width, bias=False)

    def condition(self, t, y):
        c = self.t_embedder(t)
        return c + self.y_embedder(F.one_hot(y, self.classes + 1).float()) if self.classes else c


def modulation(inputs, features, parts):
    return nn.Sequential(nn.SiLU(), nn.Linear(inputs, parts * features))


def modulate(x, shift, scale):
    return x * (1 + scale) + shift


class RmsNorm(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(features))

    def forward(self, x):
        return x * (x.pow(2).mean(-1, keepdim=True) + 1e-6).rsqrt() * self.weight


class SelfAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.q_norm, self.k_norm = RmsNorm(width // heads), RmsNorm(width // heads)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        x = F.scaled_dot_product_attention(self.q_norm(q), self.k_norm(k), v)
        return self.proj(x.transpose(1, 2).reshape(b, n, d))


class Mlp(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x):
        return self.fc2(F.silu(self.fc1(x)))


class DitBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.attn, self.mlp = SelfAttention(width, heads), Mlp(width, 4 * width)
        self.adaLN_modulation = modulation(width, width, 6)

    def forward(self, x, c):
        shift1, scale1, gate1, shift2, scale2, gate2 = self.adaLN_modulation(c)[:, None].chunk(6, -1)
        d = x.shape[-1:]
        x = x + gate1 * self.attn(modulate(F.layer_norm(x, d, eps=1e-6), shift1, scale1))
        return x + gate2 * self.mlp(modulate(F.layer_norm(x, d, eps=1e-6), shift2, scale2))


class FinalLayer(nn.Module):
    def __init__(self, width, outputs):
        super().__init__()
        self.linear, self.adaLN_modulation = nn.Linear(width, outputs), modulation(width, width, 2)

    def forward(self, x, c):
        c = self.adaLN_modulation(c)
        shift, scale = (c[:, None] if x.ndim == 3 else c).chunk(2, -1)
        return self.linear(modulate(F.layer_norm(x, x.shape[-1:], eps=1e-6), shift, scale))


class Dit(Conditioned):
    def __init__(self, shape, classes, width, depth, heads, patch):
        super().__init__(classes, width)
        self.patch, self.grid = patch, (shape[1] // patch, shape[2] // patch)
        self.x_embedder = nn.ModuleDict({"proj": nn.Linear(shape[0] * patch**2, width)})
        self.blocks = nn.ModuleList(DitBlock(width, heads) for _ in range(depth))
        self.final_layer = FinalLayer(width, shape[0] * patch**2)
        rows, columns = torch.meshgrid(*map(torch.arange, self.grid), indexing="ij")
        place = torch.cat([sincos(columns.flatten(), width // 2), sincos(rows.flatten(), width // 2)], 1)
        self.register_buffer("place", place, persistent=False)

    def forward(self, x, t, y):
        (b, z, h, w), p, (rows, columns) = x.shape, self.patch, self.grid
        tokens = x.reshape(b, z, rows, p, columns, p).permute(0, 2, 4, 3, 5, 1).reshape(b, rows * columns, -1)
        c, tokens = self.condition(t, y), self.x_embedder["proj"](tokens) + self.place
        for block in self.blocks:
            tokens = block(tokens, c)
        out = self.final_layer(tokens, c).reshape(b, rows, columns, p, p, z)
        return out.permute(0, 5, 1, 3, 2, 4).reshape(b, z, h, w)


class MlpBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.mlp, self.adaLN_modulation = Mlp(width, 2 * width), modulation(width, width, 3)

    def forward(self, x, c):
        shift, scale, gate = self.adaLN_modulation(c).chunk(3, -1)
        return x + gate * self.mlp(modulate(F.layer_norm(x, x.shape[-1:], eps=1e-6), shift, scale))


class MlpDenoiser(Conditioned):
    def __init__(self, shape, classes, width, depth):
        super().__init__(classes, width)
        floats = math.prod(shape)
        self.x_embedder = nn.Linear(floats, width)
        self.blocks = nn.ModuleList(MlpBlock(width) for _ in range(depth))
        self.final_layer = FinalLayer(width, floats)

    def forward(self, x, t, y):
        c, hidden = self.condition(t, y), self.x_embedder(x.permute(0, 2, 3, 1).flatten(1))
        for block in self.blocks:
            hidden = block(hidden, c)
        b, z, h, w = x.shape
        return self.final_layer(hidden, c).reshape(b, h, w, z).permute(0, 3, 1, 2)


class ResBlock(nn.Module):
    def __init__(self, inputs, outputs, condition, groups):
        super().__init__()
        fitting = next(g for g in range(groups, 0, -1) if inputs % g == 0)
        self.norm1, self.conv1 = nn.GroupNorm(fitting, inputs, 1e-6), nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm2, self.conv2 = nn.GroupNorm(groups, outputs, 1e-6), nn.Conv2d(outputs, outputs, 3, padding=1)
        self.adaLN_modulation = modulation(condition, outputs, 2)
        self.conv_shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x, c):
        scale, shift = self.adaLN_modulation(c)[:, :, None, None].chunk(2, 1)
        hidden = self.conv1(F.silu(self.norm1(x)))
        return self.conv_shortcut(x) + self.conv2(F.silu(modulate(self.norm2(hidden), shift, scale)))


class Attention(nn.Module):
    def __init__(self, channels, groups):
        super().__init__()
        self.group_norm = nn.GroupNorm(groups, channels, 1e-6)
        self.to_q, self.to_k, self.to_v = (nn.Linear(channels, channels) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, x):
        rows = self.group_norm(x).flatten(2).transpose(1, 2)
        mixed = F.scaled_dot_product_attention(self.to_q(rows), self.to_k(rows), self.to_v(rows))
        return x + self.to_out[0](mixed).transpose(1, 2).reshape(x.shape)


def branch(**children):
    return nn.ModuleDict({name: nn.ModuleList(modules) for name, modules in children.items()})


class Resample(nn.Module):
    def __init__(self, channels, stride):
        super().__init__()
        self.stride, self.conv = stride, nn.Conv2d(channels, channels, 3, stride, padding=0 if stride == 2 else 1)

    def forward(self, x):
        return self.conv(F.pad(x, (0, 1, 0, 1)) if self.stride == 2 else F.interpolate(x, scale_factor=2.0))


class Unet(Conditioned):
    def __init__(self, shape, classes, channels, blocks, groups):
        c = 4 * channels[0]
        super().__init__(classes, c)
        skips, last, down, up = [], channels[0], [], []
        self.conv_in = nn.Conv2d(shape[0], channels[0], 3, padding=1)
        for level, width in enumerate(channels):
            resnets = [ResBlock(last if i == 0 else width, width, c, groups) for i in range(blocks)]
            skips, last = skips + [width] * blocks, width
            down.append(branch(resnets=resnets, downsamplers=[Resample(width, 2)] * (level < len(channels) - 1)))
        self.mid_block = branch(resnets=[ResBlock(last, last, c, groups) for _ in range(2)], attentions=[Attention(last, groups)])
        for level, width in enumerate(reversed(channels)):
            resnets = []
            for _ in range(blocks):
                resnets.append(ResBlock(last + skips.pop(), width, c, groups))
                last = width
            up.append(branch(resnets=resnets, upsamplers=[Resample(width, 1)] * (level < len(channels) - 1)))
        self.down_blocks, self.up_blocks = nn.ModuleList(down), nn.ModuleList(up)
        self.norm_out, self.conv_out = nn.GroupNorm(groups, channels[0], 1e-6), nn.Conv2d(channels[0], shape[0], 3, padding=1)

    def forward(self, x, t, y):
        c, x, skips = self.condition(t, y), self.conv_in(x), []
        for level in self.down_blocks:
            for block in level["resnets"]:
                x = block(x, c)
                skips.append(x)
            for halve in level["downsamplers"]:
                x = halve(x)
        first, second = self.mid_block["resnets"]
        x = second(self.mid_block["attentions"][0](first(x, c)), c)
        for level in self.up_blocks:
            for block in level["resnets"]:
                x = block(torch.cat([x, skips.pop()], 1), c)
            for double in level["upsamplers"]:
                x = double(x)
        return self.conv_out(F.silu(self.norm_out(x)))
