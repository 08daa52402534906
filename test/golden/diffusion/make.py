"""Makes networks.safetensors with PyTorch 2.13 (CPU): outputs and all gradients of small denoisers with random weights."""
import pathlib, torch
from safetensors.torch import save_file
from networks import Dit, MlpDenoiser, Unet

torch.manual_seed(0)
torch.set_num_threads(1)
networks = {
    "dit": ((3, 4, 6), Dit((3, 4, 6), 2, width=16, depth=2, heads=2, patch=2)),
    "dit-without-classes": ((3, 2, 2), Dit((3, 2, 2), 0, width=8, depth=1, heads=1, patch=1)),
    "unet": ((3, 4, 8), Unet((3, 4, 8), 2, channels=[6, 8], blocks=1, groups=2)),
    "mlp": ((10, 1, 1), MlpDenoiser((10, 1, 1), 2, width=8, depth=2)),
}
out = {}
for name, (shape, network) in networks.items():
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    x, target = torch.randn(3, *shape), torch.randn(3, *shape)
    t, y = torch.rand(3), torch.tensor([0, 1, 2]) if network.classes else torch.zeros(3, dtype=torch.long)
    prediction = network(x, t, y)
    loss = ((prediction - target) ** 2).mean()
    loss.backward()
    last = {"x": x, "target": target, "prediction": prediction}
    out |= {f"{name}/{key}": value.detach().permute(0, 2, 3, 1).contiguous() for key, value in last.items()}
    out |= {f"{name}/t": t, f"{name}/y": y.int(), f"{name}/loss": loss.detach()}
    for key, parameter in network.named_parameters():
        out |= {f"{name}/parameter/{key}": parameter.detach(), f"{name}/gradient/{key}": parameter.grad}
save_file({key: value.contiguous() for key, value in out.items()}, pathlib.Path(__file__).with_name("networks.safetensors"))
