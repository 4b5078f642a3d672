"""One MaskSub step in PyTorch, the part that every `trace_*.py` script shares.

A trace script builds a model of timm, transformers or open_clip, lets `randomise` give it weights none of which is zero
or one, and hands `write_case` two closures: the forward of the main branch and the forward of the masked sub-branch.
The step runs in float64; what it gives is the reference for `masksub trace`. It runs once more in float32, so that the
case also says how far PyTorch itself, in the precision of the tool, is from that reference.

A case is a folder:
  model.safetensors     weights, float32
  batch.safetensors     the batch in the contract's names
  expected.safetensors  logits, losses, the gradient of every parameter and the running statistics after the step, float64
  case.json             the arguments of `masksub trace`, PyTorch's own float32 error, and the gradients' tolerance:
                        1e-4, or ten times that error where PyTorch itself is beyond 1e-4; `loose` are the tensors of
                        which it is beyond 1e-5, each with ten times its own error; and the error of
                        PyTorch's own bf16 autocast of the same step
"""

import json
from pathlib import Path
from typing import Callable, Iterable

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from compare_trace import compare, distances

Rename = Callable[[str, torch.Tensor], Iterable[tuple[str, torch.Tensor]]]


def fresh_values(name: str, shape: torch.Size, random: torch.Generator, gain: float) -> torch.Tensor:
    """Values for one parameter, by its role: of the size that keeps activations and gradients of order one."""
    normal = torch.randn(shape, generator=random)
    tables = ("embed", "cls_token", "mask_token", "class_embedding", "relative_position_bias_table")
    if name.endswith("logit_scale"):
        return 2.3 + 0.1 * normal
    if "gamma_" in name or name.endswith(("ls1.gamma", "ls2.gamma")):
        return 0.1 + 0.9 * torch.rand(shape, generator=random)
    if any(t in name for t in tables) and "norm" not in name.lower() and "proj" not in name:
        return 0.5 * normal
    if len(shape) <= 1:
        return 0.1 * normal if name.endswith(("bias", "beta")) else 1 + 0.1 * normal
    fan_in = normal[0].numel()
    return normal * (gain / fan_in) ** 0.5


def randomise(model: torch.nn.Module, seed: int, gain: float = 1.0) -> None:
    """Gives every parameter of the model new random values; none is exactly zero or one."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            values = fresh_values(name, parameter.shape, random, gain)
            values[(values == 0) | (values == 1)] = 0.9
            parameter.copy_(values)


def mask_noise(rows: int, tokens: int, ratio: float, random: torch.Generator) -> torch.Tensor:
    """`[rows, tokens]` noise; in the first row the last token that stays and the first that goes are tied."""
    noise = torch.rand(rows, tokens, generator=random)
    keep, order = int(tokens * (1 - ratio)), noise[0].argsort()
    if 0 < keep < tokens:
        noise[0, order[keep]] = noise[0, order[keep - 1]]
    return noise


def kept_tokens(noise: torch.Tensor, ratio: float) -> torch.Tensor:
    """`[N, L]` noise to `[N, int(L (1 - ratio))]` positions: those of the lowest noise, ties by position."""
    keep = int(noise.shape[1] * (1 - ratio))
    return noise.argsort(dim=1, stable=True)[:, :keep]


def kept_mask(noise: torch.Tensor, ratio: float) -> torch.Tensor:
    """`[N, L]` noise to `[N, L]` booleans: true where the token stays."""
    return torch.zeros_like(noise, dtype=torch.bool).scatter_(1, kept_tokens(noise, ratio), True)


class KeepTokens(torch.nn.Module):
    """Removes tokens from `[N, prefix + L, D]` while `noise` is set; the prefix stays."""

    def __init__(self, ratio: float, prefix: int = 1):
        super().__init__()
        self.ratio, self.prefix, self.noise = ratio, prefix, None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.noise is None:
            return x
        index = kept_tokens(self.noise, self.ratio) + self.prefix
        kept = x.gather(1, index.unsqueeze(-1).expand(-1, -1, x.shape[-1]))
        return torch.cat([x[:, :self.prefix], kept], 1)


def soft_cross_entropy(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean over the rows of the cross-entropy against a distribution."""
    return -(target * F.log_softmax(logits, -1)).sum(-1).mean()


def losses(kind: str, main: torch.Tensor, sub: torch.Tensor, labels: torch.Tensor | None):
    """The losses of both branches; kind is `ce`, `bce`, `mse` or `clip`. The sub-branch's target is detached."""
    soft = main.detach()
    if kind == "ce":
        return F.cross_entropy(main, labels), soft_cross_entropy(sub, soft.softmax(-1))
    if kind == "bce":
        target = F.one_hot(labels, main.shape[-1]).to(main.dtype)
        with_logits = F.binary_cross_entropy_with_logits
        return with_logits(main, target), with_logits(sub, soft.sigmoid())
    if kind == "mse":
        return F.mse_loss(main.squeeze(-1), labels.to(main.dtype)), F.mse_loss(sub, soft)
    if kind == "clip":
        pairs = torch.arange(main.shape[0])
        contrast = (F.cross_entropy(main, pairs) + F.cross_entropy(main.T, pairs)) / 2
        rows = soft_cross_entropy(sub, soft.softmax(-1))
        columns = soft_cross_entropy(sub.T, soft.T.softmax(-1))
        return contrast, (rows + columns) / 2
    raise ValueError(f"unknown loss {kind!r}")


def step(model, forward, kind: str, labels, dtype: torch.dtype, rename: Rename) -> dict[str, torch.Tensor]:
    """One step in `dtype`. `forward(masked, dtype)` gives the logits, or a dictionary of `logits` and more. The model's
    buffers are as before afterwards."""
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    model.to(dtype)
    model.zero_grad(set_to_none=True)
    main, sub = forward(False, dtype), forward(True, dtype)
    main = main if isinstance(main, dict) else {"logits": main}
    sub = sub if isinstance(sub, dict) else {"logits": sub}
    # Under autocast the logits may be of a lower type; losses are not.
    main, sub = ({name: value.to(dtype) for name, value in branch.items()} for branch in (main, sub))
    loss_main, loss_sub = losses(kind, main["logits"], sub["logits"], labels)
    loss = (loss_main + loss_sub) / 2
    loss.backward()
    out = {f"main.{name}": value for name, value in main.items()}
    out |= {"sub.logits": sub["logits"], "loss.main": loss_main, "loss.sub": loss_sub, "loss": loss}
    for name, parameter in model.named_parameters():
        gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        out |= {f"grad.{new}": value for new, value in rename(name, gradient)}
    statistics = ("running_mean", "running_var")
    out |= {f"after.{name}": buffer for name, buffer in model.named_buffers() if name.endswith(statistics)}
    out = {name: value.detach().clone().contiguous() for name, value in out.items()}
    for name, buffer in model.named_buffers():
        buffer.copy_(before[name])
    return out


def write_case(
    folder: Path, model: torch.nn.Module, forward, kind: str, batch: dict[str, torch.Tensor], arguments: list[str],
    rename: Rename = lambda name, tensor: [(name, tensor)], extra: dict[str, torch.Tensor] | None = None,
    pth: bool = False,
) -> None:
    """Runs the step and writes the case's folder. `extra`: tensors of the weight file that are no parameters."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {}
    for name, parameter in model.named_parameters():
        assert not ((parameter == 0) | (parameter == 1)).any(), f"{name} holds a zero or a one"
        weights |= {new: t.detach().clone().contiguous() for new, t in rename(name, parameter)}
    weights |= extra or {}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    if pth:
        torch.save({"model": weights}, folder / "model.pth")
        torch.save({"model": weights}, folder / "model_legacy.pth", _use_new_zipfile_serialization=False)
    save_file(batch, folder / "batch.safetensors")
    expected = step(model, forward, kind, batch.get("labels"), torch.float64, rename)
    save_file(expected, folder / "expected.safetensors")
    single = step(model, forward, kind, batch.get("labels"), torch.float32, rename)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        lowered = step(model, forward, kind, batch.get("labels"), torch.float32, rename)
    rows = compare(expected, single)
    worst = max(rows, key=lambda row: row.error)
    case = {
        "arguments": arguments + ["--statistics"] * any(name.startswith("after.") for name in expected),
        "gradient_tolerance": 10 * worst.error if worst.error > 1e-4 else 1e-4,
        "loose": {row.name: 10 * row.error for row in rows if row.error > 1e-5},
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "torch_float32": {"worst_error": worst.error, "tensor": worst.name},
        "torch_bf16": distances(expected, lowered),
    }
    (folder / "case.json").write_text(json.dumps(case, indent=1) + "\n")
    values = ", ".join(f"{name} {expected[name].item():.6f}" for name in ("loss.main", "loss.sub", "loss"))
    print(f"{folder.name}: {values}; PyTorch's float32 is within {worst.error:.1e} ({worst.name})")
