"""What the example uses of newer versions of PyTorch, for older ones, such as Debian's."""
import math
from torch.nn import functional as F

if not hasattr(F, "rms_norm"):
    F.rms_norm = lambda x, shape: x / x.pow(2).mean(-1, keepdim=True).add(1e-6).sqrt()
if not hasattr(F, "scaled_dot_product_attention"):
    F.scaled_dot_product_attention = lambda q, k, v: (q @ k.mT / math.sqrt(q.shape[-1])).softmax(-1) @ v
