"""Writes quantization.json: one quantisation with its loss and gradient, and two updates of the codebook's averages.

python test/golden/vq/make.py (PyTorch 2.13, cpu). The formulas are those of arXiv 1711.00937, section 3.2 and appendix A.1, as in
the authors' VectorQuantizerEMA (github.com/google-deepmind/sonnet, vqvae.py). Codebook and sums are [K, Z].
"""
import json
from pathlib import Path

import torch
from torch.nn.functional import mse_loss, one_hot

torch.manual_seed(3)
shape, codes, decay, epsilon, beta = (2, 2, 3, 4), 6, 0.99, 1e-5, 0.25


def numbers(tensor):
    return [round(float(value), 9) for value in tensor.detach().double().flatten()]


encoded = torch.randn(shape, requires_grad=True)
codebook, target = torch.randn(codes, shape[-1]), torch.randn(shape)
flat = encoded.reshape(-1, shape[-1])
nearest = torch.cdist(flat.detach(), codebook).argmin(1)
chosen = one_hot(nearest, codes).float()
latent = (chosen @ codebook).reshape(shape)
commitment = mse_loss(encoded, latent.detach())
loss = mse_loss(encoded + (latent - encoded).detach(), target) + beta * commitment
loss.backward()

counts = torch.tensor([1.0, 2.0, 0.5, 3.0, 0.0, 1.5]).double()
sums = codebook.double() * counts[:, None]
before = {"counts": numbers(counts), "sums": numbers(sums)}
uses, used = chosen.sum(0).double(), (chosen.t() @ flat.detach()).double()
updates = []
for _ in range(2):
    counts = counts * decay + (1 - decay) * uses
    sums = sums * decay + (1 - decay) * used
    total = counts.sum()
    smoothed = (counts + epsilon) / (total + codes * epsilon) * total
    updates.append({"counts": numbers(counts), "sums": numbers(sums), "codebook": numbers(sums / smoothed[:, None])})

shares = uses / uses.sum()
content = {
    "shape": shape,
    "encoded": numbers(encoded),
    "codebook": numbers(codebook),
    "target": numbers(target),
    "codes": nearest.tolist(),
    "latent": numbers(latent),
    "commitment": commitment.item(),
    "commitmentWeight": beta,
    "loss": loss.item(),
    "gradient": numbers(encoded.grad),
    "decay": decay,
    "before": before,
    "updates": updates,
    "usedShare": (uses > 0).double().mean().item(),
    "perplexity": torch.exp(-(shares * torch.log(shares + 1e-10)).sum()).item(),
}
Path(__file__).with_name("quantization.json").write_text(json.dumps(content, indent=1) + "\n")
