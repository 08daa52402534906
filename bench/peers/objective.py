"""A training step as LDM does it, in plain PyTorch: AutoencoderKL, feature distance, PatchGAN, adaptive weight, Adam, EMA.

Usage: objective.py JOB.json. Prints one JSON object: the median ms per step and the terms of the first one.
"""
import json
import statistics
import sys
import time
from os.path import abspath, dirname

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, dirname(abspath(__file__)))
from autoencoder_kl import Autoencoder


class Features(nn.Module):
    """The network behind the builtin perceptual loss, read off its weights; the outputs of all stages."""

    def __init__(self, weights):
        super().__init__()
        self.weights = nn.ParameterDict({name.replace(".", "_"): nn.Parameter(w, False) for name, w in weights.items()})

    def conv(self, name, x, stride=1):
        name = name.replace(".", "_")
        return F.conv2d(x, self.weights[name + "_weight"], self.weights[name + "_bias"], stride, 1)

    def forward(self, x):
        outputs = []
        for stage in range(5):
            x = F.relu(self.conv(f"stages.{stage}.conv", x, 1 if stage == 0 else 2))
            if stage > 0:
                block = f"stages.{stage}.blocks.0"
                x = F.relu(x + self.conv(f"{block}.conv2", F.relu(self.conv(f"{block}.conv1", x))))
            outputs.append(x)
        return outputs

    def distance(self, images, reconstructions):
        with torch.no_grad():
            references = self(images)
        layers = [
            (1 - (F.normalize(a, dim=1) * F.normalize(b, dim=1)).sum(1)).mean()
            for a, b in zip(references, self(reconstructions))
        ]
        return sum(layers) / len(layers)


def patch_discriminator(channels, layers, width, norm):
    assert norm == "group"
    widths = [width * min(2**depth, 8) for depth in range(layers + 1)]
    modules = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2)]
    for depth in range(1, layers + 1):
        stride = 2 if depth < layers else 1
        modules += [
            nn.Conv2d(widths[depth - 1], widths[depth], 4, stride, 1, bias=False),
            nn.GroupNorm(widths[depth] // 8, widths[depth], eps=1e-6),
            nn.LeakyReLU(0.2),
        ]
    return nn.Sequential(*modules, nn.Conv2d(widths[-1], 1, 4, 1, 1))


class Training:
    def __init__(self, job, memory_format):
        groups = {"autoencoder": {}, "features": {}, "discriminator": {}}
        for name, weight in load_file(job["weights"]).items():
            group, rest = name.split(".", 1)
            groups[group][rest] = weight
        inputs = load_file(job["inputs"])
        as_input = lambda x: x.permute(0, 3, 1, 2).contiguous(memory_format=memory_format)
        self.images, self.noise = as_input(inputs["images"]), as_input(inputs["noise"])
        self.objective, self.ema_decay = job["objective"], job["emaDecay"]
        self.model = Autoencoder(job["config"])
        self.model.load_state_dict(groups["autoencoder"])
        self.model.to(memory_format=memory_format)
        self.adam = torch.optim.Adam(self.model.parameters(), 1e-4, (0.9, 0.99))
        self.average = [p.detach().clone() for p in self.model.parameters()]
        self.features = self.discriminator = None
        if self.objective["perceptual"]:
            self.features = Features(groups["features"]).to(memory_format=memory_format)
        if self.objective["adversarial"]:
            a = self.objective["adversarial"]
            self.discriminator = patch_discriminator(3, a["layers"], a["width"], a["norm"])
            wanted = {f"main.{name}": name for name in self.discriminator.state_dict()}
            self.discriminator.load_state_dict({wanted[n]: w for n, w in groups["discriminator"].items()})
            self.discriminator.to(memory_format=memory_format)
            rate = 1e-4 * a["learningRateRatio"]
            self.discriminator_adam = torch.optim.Adam(self.discriminator.parameters(), rate, (0.5, 0.9))

    def step(self):
        objective, images = self.objective, self.images
        elements = images[0].numel()
        mean, logvar = self.model(images)
        outputs = self.model.decode(mean + torch.exp(0.5 * logvar) * self.noise)
        mse = (images - outputs).square().sum() / len(images)
        kl = 0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum() / len(images)
        terms = {"mse": mse, "kl": kl}
        loss = objective["reconstructionWeight"] * mse
        if self.features:
            terms["perceptual"] = self.features.distance(images, outputs)
            loss = loss + objective["perceptual"]["weight"] * elements * terms["perceptual"]
        if self.discriminator:
            self.discriminator.requires_grad_(False)
            generator = -self.discriminator(outputs).mean()
            last = self.model.decoder.conv_out.weight
            of_loss = torch.autograd.grad(loss, last, retain_graph=True)[0].norm()
            of_generator = torch.autograd.grad(generator, last, retain_graph=True)[0].norm()
            weight = (of_loss / (of_generator + 1e-4)).clamp(0, 1e4).detach() * objective["adversarial"]["weight"]
            terms |= {"adversarial": generator, "adaptiveWeight": weight}
            loss = loss + weight * generator
        self.descend(self.adam, self.model, (loss + objective["klWeight"] * kl) / elements)
        with torch.no_grad():
            torch._foreach_lerp_(self.average, list(self.model.parameters()), 1 - self.ema_decay)
        if self.discriminator:
            self.discriminator.requires_grad_(True)
            real, fake = self.discriminator(images), self.discriminator(outputs.detach())
            terms["discriminator"] = (F.relu(1 - real).mean() + F.relu(1 + fake).mean()) / 2
            self.descend(self.discriminator_adam, self.discriminator, terms["discriminator"])
        return {name: term.item() for name, term in terms.items()}

    @staticmethod
    def descend(adam, network, loss):
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1)
        adam.step()


def measure(job, memory_format, steps):
    training = Training(job, memory_format)
    times, first = [], None
    for _ in range(job["warmups"] + steps):
        start = time.perf_counter()
        terms = training.step()
        times.append(1000 * (time.perf_counter() - start))
        first = first or terms
    return statistics.median(times[job["warmups"]:]), first


def main():
    with open(sys.argv[1]) as file:
        job = json.load(file)
    torch.set_num_threads(job["threads"])
    formats = (torch.contiguous_format, torch.channels_last)
    fastest = min(formats, key=lambda memory_format: measure(job, memory_format, 3)[0])
    ms, terms = measure(job, fastest, job["steps"])
    print(json.dumps({"ms": ms, "terms": terms, "torch": torch.__version__}))


main()
