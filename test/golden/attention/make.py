"""Makes attention.json with PyTorch 2.13 (CPU): scaled_dot_product_attention in float64, and the gradients of the sum of its
squares; more keys than queries, and scores large enough for some weights to be near 0 or 1."""
import json, pathlib, torch

torch.manual_seed(0)
query, key, value = (torch.randn(3, n, 5, dtype=torch.float64) * s for n, s in ((7, 3), (11, 2), (11, 1)))
query, key, value = (x.float().double().requires_grad_() for x in (query, key, value))
result = torch.nn.functional.scaled_dot_product_attention(query, key, value)
result.square().sum().backward()
flat = lambda x: x.detach().flatten().tolist()
out = {"query": flat(query), "key": flat(key), "value": flat(value), "result": flat(result),
       "gradients": [flat(x.grad) for x in (query, key, value)]}
pathlib.Path(__file__).with_name("attention.json").write_text(json.dumps(out))
