"""Training steps and encoding in plain PyTorch, a few at a time on request.

Usage: engine.py JOB.json. Prints one JSON object when it is ready; then every line on stdin is a number of runs, and is
answered by one JSON object: the ms and the value of each run.
"""
import json
import statistics
import sys
import time
from os.path import abspath, dirname, join

import torch
from safetensors.torch import load_file
from torch import nn

here = dirname(abspath(__file__))
sys.path[:0] = [here, join(here, "../../test/golden/diffusion")]
from autoencoder_kl import Autoencoder, EncodingHalf, Segment
from networks import Dit, MlpDenoiser, Unet

FORMATS = (torch.contiguous_format, torch.channels_last)


def read_inputs(job, memory_format):
    inputs = load_file(job["inputs"])
    return {name: x.permute(0, 3, 1, 2).contiguous(memory_format=memory_format) for name, x in inputs.items()}


def read_model(model, job, memory_format):
    model.load_state_dict(load_file(job["weights"]))
    return model.to(memory_format=memory_format)


def adam_of(model, job):
    options = job["adam"]
    betas = options["beta1"], options["beta2"]
    # One pass over memory per step; what PyTorch would choose by itself on the CPU is slower.
    return torch.optim.Adam(model.parameters(), job["learningRate"], betas, options["epsilon"], fused=True)


def descend(adam, loss):
    adam.zero_grad()
    loss.backward()
    adam.step()
    return loss.item()


class Layer(nn.Module):
    def __init__(self, channels, groups, norm):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        if norm:
            self.norm = nn.GroupNorm(groups, channels, eps=1e-6)
        self.activation = nn.SiLU() if norm else nn.ReLU()

    def forward(self, x):
        x = self.conv(x)
        return self.activation(self.norm(x) if hasattr(self, "norm") else x)


def stack(job, memory_format):
    layers = (Layer(job["channels"], job["groups"], job["norm"]) for _ in range(job["layers"]))
    model = read_model(nn.Sequential(*layers), job, memory_format)
    images = read_inputs(job, memory_format)["images"]
    if not job["train"]:
        return torch.inference_mode()(lambda: model(images).square().mean().item())
    adam = adam_of(model, job)
    return lambda: descend(adam, model(images).square().mean())


def training(job, memory_format):
    model = read_model(Autoencoder(job["config"]), job, memory_format)
    for segment in (module for module in model.modules() if isinstance(module, Segment)):
        segment.checkpointing = job["checkpointing"]
    images, noise = (read_inputs(job, memory_format)[name] for name in ("images", "noise"))
    adam = adam_of(model, job)

    def step():
        mean, logvar = model(images)
        outputs = model.decode(mean + torch.exp(0.5 * logvar) * noise)
        error = (images - outputs).square().sum()
        kl = 0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum()
        return descend(adam, (error + job["klWeight"] * kl) / images.numel())

    return step


def encoding(job, memory_format):
    model = read_model(EncodingHalf(job["config"]).eval(), job, memory_format)
    images = read_inputs(job, memory_format)["images"]
    return torch.inference_mode()(lambda: model(images)[0].square().mean().item())


def denoiser(config):
    (h, w, z), classes = config["latentShape"], len(config["classes"])
    shape = (z, h, w)
    if config["backbone"] == "dit":
        return Dit(shape, classes, config["width"], config["depth"], config["heads"], config["patch"])
    if config["backbone"] == "unet":
        return Unet(shape, classes, config["channels"], config["blocks"], config["normGroups"])
    return MlpDenoiser(shape, classes, config["width"], config["depth"])


def denoising(job, memory_format):
    model = read_model(denoiser(job["config"]), job, memory_format)
    latents, noise = (read_inputs(job, memory_format)[name] for name in ("latents", "noise"))
    batch = job["batch"]
    times, classes = torch.tensor(batch["times"]), torch.tensor(batch["classes"])
    adam = adam_of(model, job)

    def step():
        t = times[:, None, None, None]
        noisy = (1 - t) * latents + t * noise
        wanted = batch["target"]["data"] * latents + batch["target"]["noise"] * noise
        return descend(adam, (model(noisy, times, classes) - wanted).square().mean())

    return step


WORKLOADS = {"stack": stack, "training": training, "encoding": encoding, "denoising": denoising}


def run(work, count):
    ms, values = [], []
    for _ in range(count):
        start = time.perf_counter()
        values.append(work())
        ms.append(1000 * (time.perf_counter() - start))
    return {"ms": ms, "values": values, "peakMiB": peak_mib()}


def peak_mib():
    """The most memory that was ever resident, as Linux counts it; None elsewhere."""
    try:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024
    except OSError:
        return None


def faster_format(prepare, job):
    return min(FORMATS, key=lambda memory_format: statistics.median(run(prepare(job, memory_format), 4)["ms"][1:]))


def main():
    with open(sys.argv[1]) as file:
        job = json.load(file)
    torch.set_num_threads(job["threads"])
    prepare = WORKLOADS[job["kind"]]
    fastest = getattr(torch, job["memoryFormat"]) if "memoryFormat" in job else faster_format(prepare, job)
    work = prepare(job, fastest)
    print(json.dumps({"torch": torch.__version__, "memoryFormat": str(fastest)}), flush=True)
    for line in sys.stdin:
        print(json.dumps(run(work, int(line))), flush=True)


main()
