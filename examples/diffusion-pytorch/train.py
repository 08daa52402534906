"""Trains a small diffusion transformer on a store of latents with PyTorch, and draws pictures from it.

    latent-vae encode photos/ --model runs/a --out latents/
    latent-vae export --model runs/a --out onnx/ --format onnx
    python train.py latents/ --decoder onnx/decoder.onnx --steps 5000 --out samples/

Needs torch, numpy, safetensors, pillow, and onnxruntime for the decoder."""
import argparse, copy, json, math, pathlib
import numpy as np, torch
from safetensors import safe_open
from torch import nn
from torch.nn import functional as F


class Latents(torch.utils.data.Dataset):
    """The reader of the README, with one mean and standard deviation per channel."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.manifest = json.loads((self.folder / "manifest.json").read_text())
        self.rows = [(s["latents"]["file"], row) for s in self.manifest["shards"] for row in range(s["images"])]
        statistics = {name: torch.tensor(self.manifest["statistics"][name]).view(-1, 1, 1) for name in ("mean", "std", "posteriorStd")}
        self.mean, self.std = statistics["mean"], torch.hypot(statistics["std"], statistics["posteriorStd"]).clamp_min(1e-6)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        file, row = self.rows[index]
        with safe_open(self.folder / file, "pt") as shard:
            mean, logvar, label = (shard.get_slice(name)[row] for name in ("mean", "logvar", "label"))
        latent = mean.float() + (0.5 * logvar.float()).exp() * torch.randn(mean.shape)  # [Z, h, w]
        return (latent - self.mean) / self.std, label


class Block(nn.Module):
    """adaLN-Zero (arXiv 2212.09748)."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.SiLU(), nn.Linear(4 * width, width))
        self.modulation = nn.Linear(width, 6 * width)
        nn.init.zeros_(self.modulation.weight), nn.init.zeros_(self.modulation.bias)

    def forward(self, x, c):
        shift1, scale1, gate1, shift2, scale2, gate2 = self.modulation(c)[:, None].chunk(6, -1)
        b, n, d = x.shape
        normalized = F.layer_norm(x, (d,)) * (1 + scale1) + shift1
        q, k, v = self.qkv(normalized).view(b, n, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        q, k = F.rms_norm(q, q.shape[-1:]), F.rms_norm(k, k.shape[-1:])
        x = x + gate1 * self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, d))
        return x + gate2 * self.mlp(F.layer_norm(x, (d,)) * (1 + scale2) + shift2)


class Dit(nn.Module):
    def __init__(self, shape, classes, width=128, depth=6, heads=4):
        super().__init__()
        self.shape, self.classes = shape, classes
        self.tokens = nn.Linear(shape[0], width)
        self.places = nn.Parameter(0.02 * torch.randn(shape[1] * shape[2], width))
        self.time = nn.Sequential(nn.Linear(128, width), nn.SiLU(), nn.Linear(width, width))
        self.labels = nn.Embedding(classes + 1, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.output = nn.Linear(width, shape[0])
        nn.init.zeros_(self.output.weight), nn.init.zeros_(self.output.bias)

    def forward(self, x, t, y):
        angles = 1000 * t[:, None] * torch.exp(-math.log(10_000) * torch.arange(64, device=t.device) / 64)
        c = F.silu(self.time(torch.cat([angles.cos(), angles.sin()], 1)) + self.labels(y))
        h = self.tokens(x.flatten(2).transpose(1, 2)) + self.places
        for block in self.blocks:
            h = block(h, c)
        return self.output(F.layer_norm(h, h.shape[-1:])).transpose(1, 2).view(x.shape)


def train(latents, steps, batch=64, rate=1e-3, seed=0):
    """Rectified flow (arXiv 2209.03003): the velocity noise - data, at logit-normal times."""
    torch.manual_seed(seed)
    classes, shape = len(latents.manifest["classes"]), latents.manifest["latent"]["shape"]
    model = Dit(shape, classes)
    average = copy.deepcopy(model).requires_grad_(False)
    adam = torch.optim.Adam(model.parameters(), rate, betas=(0.9, 0.99))
    loader = torch.utils.data.DataLoader(latents, batch, shuffle=True)
    losses = []
    while len(losses) < steps:
        for x, y in loader:
            y = torch.where((y < 0) | (torch.rand(len(y)) < 0.1), classes, y.long())  # no class for some, for guidance
            t, noise = torch.sigmoid(torch.randn(len(x))), torch.randn_like(x)
            mixture = torch.lerp(x, noise, t.view(-1, 1, 1, 1))
            loss = F.mse_loss(model(mixture, t, y), noise - x)
            adam.zero_grad(), loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1)
            adam.step()
            losses.append(loss.item())
            decay = min(0.999, (1 + len(losses)) / (10 + len(losses)))
            for mean, value in zip(average.parameters(), model.parameters()):
                mean.lerp_(value.detach(), 1 - decay)
            if len(losses) % 100 == 0:
                print(f"step {len(losses)}, loss {sum(losses[-100:]) / 100:.4f}", flush=True)
            if len(losses) == steps:
                break
    return average, losses


@torch.no_grad()
def sample(model, labels, steps=50, guidance=1.5):
    """Euler's method from noise to data, with classifier-free guidance (arXiv 2207.12598)."""
    x, none = torch.randn(len(labels), *model.shape), torch.full_like(labels, model.classes)
    for step in range(steps, 0, -1):
        t = torch.full((len(labels),), step / steps)
        with_class, without = model(x, t, labels), model(x, t, none)
        x = x - (without + guidance * (with_class - without)) / steps
    return x


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("latents")
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--decoder", help="decoder.onnx of latent-vae export --format onnx")
    parser.add_argument("--out", default="samples")
    options = parser.parse_args()
    latents = Latents(options.latents)
    model, losses = train(latents, options.steps, options.batch)
    print(json.dumps({"first": losses[0], "last": losses[-1]}))
    if options.decoder is None:
        return
    import onnxruntime
    from PIL import Image
    labels = torch.arange(16) % max(1, model.classes)
    drawn = sample(model, labels) * latents.std + latents.mean
    session = onnxruntime.InferenceSession(options.decoder)
    (pictures,) = session.run(None, {session.get_inputs()[0].name: drawn.numpy()})  # [B, 3, H, W] in [-1, 1]
    pathlib.Path(options.out).mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(np.clip((pictures + 1) * 127.5 + 0.5, 0, 255).astype(np.uint8)):
        Image.fromarray(picture.transpose(1, 2, 0)).save(pathlib.Path(options.out) / f"{number:05d}.png")


if __name__ == "__main__":
    main()
