"""Writes normals.json: KL divergences of pairs of Normals and the gradients of their sum, by torch.distributions.

python test/golden/kl-between/make.py (PyTorch 2.13, cpu)
"""
import json
from pathlib import Path

import torch
from torch.distributions import Normal, kl_divergence

torch.manual_seed(3)
names = ("qMean", "qLogvar", "pMean", "pLogvar")
values = {name: (1.4 * torch.randn(12, dtype=torch.float64)).requires_grad_(True) for name in names}
q, p = (Normal(values[f"{side}Mean"], (values[f"{side}Logvar"] / 2).exp()) for side in "qp")
kl = kl_divergence(q, p)
kl.sum().backward()
content = {
    "values": {name: value.tolist() for name, value in values.items()},
    "klNats": kl.tolist(),
    "gradients": {name: value.grad.tolist() for name, value in values.items()},
}
Path(__file__).with_name("normals.json").write_text(json.dumps(content, indent=1) + "\n")
