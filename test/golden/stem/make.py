"""A network with a stem in plain PyTorch (bench/peers/autoencoder_kl.py), with random weights: values and gradients.

Usage: python test/golden/stem/make.py. Writes io.safetensors: weights by name, images, moments, reconstructions of the mean, and
the gradient of sum(reconstruction * weighting) with respect to every parameter ("grad." + name) and the images.
"""
import sys
from os.path import abspath, dirname, join

import torch
from safetensors.torch import save_file

here = dirname(abspath(__file__))
sys.path.insert(0, join(here, "../../../bench/peers"))
from autoencoder_kl import Autoencoder

CONFIG = {
    "inChannels": 3, "stem": 4, "blockOutChannels": [8, 12], "encoderLayers": [1, 2], "decoderLayers": [2, 1],
    "normNumGroups": 4, "latentChannels": 2, "useQuantConv": False, "usePostQuantConv": False,
}

torch.manual_seed(0)
model = Autoencoder(CONFIG)
with torch.no_grad():
    for parameter in model.parameters():
        parameter.add_(0.1 * torch.randn_like(parameter))
images = torch.randn(2, 3, 16, 24, requires_grad=True)
mean, logvar = model(images)
reconstruction = model.decode(mean)
weighting = torch.randn_like(reconstruction)
(reconstruction * weighting).sum().backward()
tensors = {name: parameter for name, parameter in model.named_parameters()}
# Nothing reaches the log-variance's half of the head but zeros.
gradients = {f"grad.{name}": parameter.grad for name, parameter in model.named_parameters()}
io = {"images": images, "mean": mean, "logvar": logvar, "reconstruction": reconstruction, "weighting": weighting}
save_file(
    {name: x.detach().clone().contiguous() for name, x in {**tensors, **gradients, **io, "grad.images": images.grad}.items()},
    join(here, "io.safetensors"),
)
