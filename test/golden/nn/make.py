"""Makes optimizer.json with PyTorch 2.13 (CPU): Adam after clip_grad_norm_, over five updates of two parameters."""
import json, pathlib, torch

torch.manual_seed(0)
weight = torch.nn.Parameter(torch.randn(2, 3))
bias = torch.nn.Parameter(torch.randn(3))
gradients = [[torch.randn(2, 3) * 10**k, torch.randn(3)] for k in range(-2, 3)]
adam = torch.optim.Adam([weight, bias], lr=0.05, betas=(0.9, 0.99), eps=1e-8)
out = {"initial": [weight.tolist(), bias.tolist()], "updates": []}
for step in gradients:
    weight.grad, bias.grad = step[0].clone(), step[1].clone()
    norm = torch.nn.utils.clip_grad_norm_([weight, bias], 1.0)
    adam.step()
    out["updates"].append({"gradients": [g.tolist() for g in step], "norm": norm.item(),
                           "parameters": [weight.tolist(), bias.tolist()]})
pathlib.Path(__file__).with_name("optimizer.json").write_text(json.dumps(out))
