#!/usr/bin/env python3
"""Makes the reference for optimizers, parameter groups and schedules: 50 steps on a toy set of parameters.

    optim_reference.py OUT_DIR

Writes
  optim_steps.safetensors  start.NAME; grad.NAME [50, …]; for each run RUN.NAME [50, …], the parameter after each
                           step; RUN.ema.NAME, its average; lr.RUN [50], the base rate of each step; clip.RUN [50],
                           the gradients' norm before clipping. Float64.
  optim_steps.json         the runs: optimizer, its numbers, which parameters decay, the scale of each one's rate
  optim_groups.json        for each recipe, name to [decays, scale of the rate], on two-block models of timm
  optim_schedules.json     for each recipe, points [where, rate]

The optimizers are torch's AdamW and SGD and timm's Lamb (max_grad_norm 1, no trust clip, no adaption without decay);
the exponential average is timm's ModelEmaV2; clipping is torch's. Start and gradients are exact in float32, all
arithmetic is float64. Before anything is written, the script asserts known values: single steps of AdamW and LAMB,
points of every schedule, and timm's and open_clip's own layer scales and schedules where these exist.

Needs: torch, timm, transformers, open_clip_torch, safetensors
"""

import argparse
import json
import math
import re
from pathlib import Path

import timm
import timm.optim
import timm.utils
import torch
from open_clip_train.scheduler import cosine_lr
from safetensors.torch import save_file
from transformers import get_linear_schedule_with_warmup

STEPS = 50
SHAPES = {
    "cls_token": (1, 1, 3), "pos_embed": (1, 2, 3), "patch_embed.proj.weight": (3, 1, 2, 2),
    "blocks.0.norm1.weight": (3,), "blocks.0.attn.qkv.weight": (4, 3), "blocks.0.attn.qkv.bias": (4,),
    "blocks.1.mlp.fc1.weight": (3, 3), "blocks.1.mlp.fc1.bias": (3,), "norm.weight": (3,), "head.weight": (2, 3),
    "head.bias": (2,), "logit_scale": (),
}


# Parameter groups

def decays(recipe: str, name: str, dimensions: int) -> bool:
    """Whether a recipe's weight decay reaches a parameter."""
    if recipe == "open_clip":
        return dimensions >= 2 and not any(part in name for part in ("bn", "ln", "bias", "logit_scale"))
    if dimensions <= 1 or name.endswith(".bias"):
        return False
    spared = {
        "deit3": ("pos_embed", "cls_token"), "mae": ("pos_embed", "cls_token"), "beitv2": ("pos_embed", "cls_token"),
        "ft-clip": ("positional_embedding", "class_embedding", "relative_position_bias"),
        "swin": ("absolute_pos_embed", "mask_token", "relative_position_bias_table"), "rsb": ()}[recipe]
    return not any(part in name for part in spared)


def layer_scale(name: str, depth: int, decay: float) -> float:
    """Layer-wise decay of the rate: 1 for the head's side, decay^(depth + 1) for the embeddings."""
    first = ("cls_token", "pos_embed", "patch_embed", "mask_token", "class_embedding", "positional_embedding", "conv1")
    block = re.search(r"(?:blocks|resblocks)\.(\d+)\.", name)
    if block:
        layer = int(block[1]) + 1
    elif name.startswith(first + ("ln_pre", "norm_pre")):
        layer = 0
    else:
        layer = depth + 1
    return decay ** (depth + 1 - layer)


def recipe_groups() -> dict:
    """Name to [decays, scale] for models of two blocks."""
    tiny = {"embed_dim": 64, "depth": 2, "num_heads": 1, "num_classes": 3}
    models = {
        "deit3": ("deit3_small_patch16_224", tiny, 1.0),
        "mae": ("vit_base_patch16_224", tiny | {"global_pool": "avg"}, 0.65),
        "beitv2": ("beitv2_base_patch16_224", tiny, 0.6),
        "ft-clip": ("vit_base_patch16_clip_quickgelu_224", tiny, 0.6),
        "swin": ("swin_tiny_patch4_window7_224", {
            "embed_dim": 16, "depths": (1, 2), "num_heads": (1, 2), "num_classes": 3}, 1.0),
        "rsb": ("resnet50", {"layers": (1, 1, 1, 1), "num_classes": 3}, 1.0),
    }
    table = {}
    for recipe, (name, arguments, decay) in models.items():
        model = timm.create_model(name, **arguments)
        table[recipe] = {}
        for key, parameter in model.named_parameters():
            # FT-CLIP's own names, as its rule speaks of them.
            own = key.replace("pos_embed", "positional_embedding").replace("cls_token", "class_embedding")
            scale = layer_scale(key, 2, decay) if decay < 1 else 1.0
            table[recipe][key] = [decays(recipe, own if recipe == "ft-clip" else key, parameter.ndim), scale]
        if recipe in ("mae", "beitv2"):
            for group in timm.optim.param_groups_layer_decay(model, layer_decay=decay):
                for key, parameter in model.named_parameters():
                    if any(parameter is member for member in group["params"]):
                        assert math.isclose(table[recipe][key][1], group["lr_scale"]), key
    return table


# Schedules: a rate as a function of where the run is

def cosine(low: float, high: float, share: float) -> float:
    """Half a cosine from high to low."""
    return low + 0.5 * (high - low) * (1 + math.cos(math.pi * share))


def deit3(epoch: int, rate: float, epochs: int) -> float:
    """DeiT-III: one epoch late, so that epochs 0 and 1 both run at 1e-6; minimum 1e-5, warmup 5."""
    t = max(epoch - 1, 0)
    return 1e-6 + t * (rate - 1e-6) / 5 if t < 5 else cosine(1e-5, rate, t / epochs)


def mae(x: float, rate: float, epochs: int, warmup: int = 5) -> float:
    """MAE: x = epoch + iteration / iterations."""
    return rate * x / warmup if x < warmup else cosine(1e-6, rate, (x - warmup) / (epochs - warmup))


def beit(step: int, rate: float, epochs: int, warmup: int, per_epoch: int) -> float:
    """BEiT v2 and FT-CLIP: a table of the steps, both of whose parts hold their end."""
    if step < warmup * per_epoch:
        return rate * step / (warmup * per_epoch - 1)
    length = (epochs - warmup) * per_epoch
    return cosine(1e-6, rate, (step - warmup * per_epoch) / length)


def swin(step: int) -> float:
    """Swin at batch 1024 (without the lag of its first step): cosine not shifted by the warmup."""
    return 1e-6 + step * (1e-3 - 1e-6) / 25020 if step < 25020 else cosine(1e-5, 1e-3, step / 375300)


def rsb(epoch: int) -> float:
    """RSB A2: per epoch."""
    return 1e-4 + epoch * (5e-3 - 1e-4) / 5 if epoch < 5 else cosine(1e-6, 5e-3, epoch / 300)


def open_clip_rate(step: int, rate: float, warmup: int, total: int) -> float:
    """open_clip: linear warmup that starts at its first step, cosine to zero."""
    return rate * (step + 1) / warmup if step < warmup else cosine(0, rate, (step - warmup) / (total - warmup))


def linear(step: int, rate: float, total: int) -> float:
    """run_glue: straight to zero, no warmup."""
    return rate * (total - step) / total


def schedules() -> dict:
    """Points of every recipe's schedule."""
    epochs = [0, 1, 2, 3, 5, 6, 7, 50, 100, 200, 300, 398, 399]
    steps = [0, 1, 10, 1250, 25018, 25019, 25020, 25021, 50000, 75000, 100000, 125098, 125099]
    clip = [0, 1, 6249, 6250, 6251, 20000, 31249]
    table = {
        "deit3-400": ("epoch", epochs, lambda x: deit3(x, 4e-3, 400)),
        "deit3-b-400": ("epoch", epochs, lambda x: deit3(x, 3e-3, 400)),
        "deit3-b-finetune": ("epoch", [0, 1, 2, 5, 6, 7, 19], lambda x: deit3(x, 1e-5, 20)),
        "mae-b": ("epoch", [0, 0.004, 1.5, 2.5, 5, 5.01, 50, 99, 99.9], lambda x: mae(x, 2e-3, 100)),
        "mae-l": ("epoch", [0, 0.5, 5, 25, 49.5], lambda x: mae(x, 4e-3, 50)),
        "beitv2-b": ("step", steps, lambda x: beit(x, 5e-4, 100, 20, 1251)),
        "ft-clip-b": ("step", clip, lambda x: beit(x, 6e-4, 50, 10, 625)),
        "swin": ("step", [0, 1, 2, 25019, 25020, 25021, 100000, 200000, 375299], lambda x: swin(max(x - 1, 0))),
        "rsb-a2": ("epoch", [0, 1, 2, 4, 5, 6, 150, 299], rsb),
        "open-clip": (
            "step", [0, 1, 9999, 10000, 10001, 60000, 124999], lambda x: open_clip_rate(x, 5e-4, 10000, 125000)),
        "glue": ("step", [0, 1, 2, 100, 402, 803], lambda x: linear(x, 2e-5, 804)),
    }
    return {name: {"unit": unit, "points": [[x, f(x)] for x in where]} for name, (unit, where, f) in table.items()}


def check_schedules() -> None:
    """Known values, and the schedules of the packages."""
    def near(value: float, known: float, tolerance: float = 2e-5) -> None:
        assert math.isclose(value, known, rel_tol=tolerance), (value, known)
    for epoch, known in ((0, 1e-6), (1, 1e-6), (2, 6.008e-4), (5, 2.4002e-3), (6, 2.99885e-3), (7, 2.99834e-3),
                         (200, 1.51674e-3)):
        near(deit3(epoch, 3e-3, 400), known)
    near(deit3(398, 3e-3, 400), 1.041e-5, 5e-4)
    near(deit3(399, 3e-3, 400), 1.018e-5, 5e-4)
    for x, known in ((2.5, 1e-3), (5, 2e-3), (50, 1.08304e-3), (99, 1.54647e-6)):
        near(mae(x, 2e-3, 100), known)
    for step, known in ((1, 1.99848e-8), (25019, 5e-4), (25020, 5e-4), (75000, 2.5097e-4)):
        near(beit(step, 5e-4, 100, 20, 1251), known)
    for step, known in ((1, 9.60154e-8), (6249, 6e-4), (20000, 2.53648e-4)):
        near(beit(step, 6e-4, 50, 10, 625), known)
    for step, known in ((1, 1.03993e-6), (25019, 9.9996e-4), (25020, 9.89183e-4), (200000, 4.53918e-4)):
        near(swin(step), known)
    for epoch, known in ((1, 1.08e-3), (4, 4.02e-3), (5, 4.99657e-3), (150, 2.5005e-3), (299, 1.13705e-6)):
        near(rsb(epoch), known)
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=2e-5)
    theirs = cosine_lr(optimizer, 5e-4, 100, 1000)
    for step in (0, 1, 99, 100, 500, 999):
        near(open_clip_rate(step, 5e-4, 100, 1000), theirs(step))
    optimizer = torch.optim.SGD([weight], lr=2e-5)
    schedule = get_linear_schedule_with_warmup(optimizer, 0, 804)
    for step in range(804):
        assert math.isclose(linear(step, 2e-5, 804), optimizer.param_groups[0]["lr"], rel_tol=1e-12), step
        optimizer.step()
        schedule.step()


# Steps

def toy() -> tuple[dict, dict]:
    """Start values and gradients, exact in float32. The gradients' norm goes from far below 1 to far above 5."""
    random = torch.Generator().manual_seed(0)
    start = {name: torch.randn(shape, generator=random).double() for name, shape in SHAPES.items()}
    start["logit_scale"] = torch.tensor(4.59, dtype=torch.float32).double()
    size = torch.logspace(-2, 0.3, STEPS)[torch.randperm(STEPS, generator=random)]
    grads = {}
    for name, shape in SHAPES.items():
        noise = torch.randn((STEPS, *shape), generator=random) + 0.3
        grads[name] = (noise * size.view(-1, *[1] * len(shape))).double()
    grads["logit_scale"] = -grads["logit_scale"].abs()  # drives it into its upper bound
    return start, grads


RUNS = {
    "adamw": dict(kind="adamw", lr=1e-3, weight_decay=0.05, betas=(0.9, 0.999), eps=1e-8, recipe="mae"),
    "adamw_layers": dict(
        kind="adamw", lr=2e-3, weight_decay=0.05, betas=(0.9, 0.999), eps=1e-8, recipe="mae", layer_decay=0.65,
        schedule="mae", ema=0.9998),
    "adamw_clip1": dict(
        kind="adamw", lr=1e-3, weight_decay=0.0, betas=(0.9, 0.999), eps=1e-8, recipe="mae", clip=1.0, schedule="glue"),
    "adamw_clip5": dict(
        kind="adamw", lr=1e-3, weight_decay=0.05, betas=(0.9, 0.999), eps=1e-8, recipe="swin", clip=5.0),
    "adamw_open_clip": dict(
        kind="adamw", lr=5e-4, weight_decay=0.2, betas=(0.9, 0.98), eps=1e-6, recipe="open_clip", schedule="open-clip",
        logit_scale=True),
    "lamb_deit3": dict(kind="lamb", lr=4e-3, weight_decay=0.03, betas=(0.9, 0.999), eps=1e-8, recipe="deit3"),
    "lamb_rsb": dict(kind="lamb", lr=5e-3, weight_decay=0.02, betas=(0.9, 0.999), eps=1e-6, recipe="rsb", ema=0.99),
    "sgd": dict(kind="sgd", lr=0.1, weight_decay=1e-4, momentum=0.9, recipe="deit3"),
    "sgd_nesterov": dict(
        kind="sgd", lr=0.05, weight_decay=1e-2, momentum=0.9, nesterov=True, recipe="mae", layer_decay=0.65, clip=5.0,
        schedule="mae"),
    "sgd_plain": dict(kind="sgd", lr=0.1, weight_decay=1e-2, momentum=0.0, recipe="rsb"),
}


def make_optimizer(groups: list[dict], run: dict) -> torch.optim.Optimizer:
    """The optimizer of a run."""
    if run["kind"] == "sgd":
        return torch.optim.SGD(
            groups, lr=run["lr"], momentum=run["momentum"], nesterov=run.get("nesterov", False))
    if run["kind"] == "lamb":
        return timm.optim.Lamb(
            groups, lr=run["lr"], betas=run["betas"], eps=run["eps"], max_grad_norm=1.0, trust_clip=False,
            always_adapt=False)
    return torch.optim.AdamW(groups, lr=run["lr"], betas=run["betas"], eps=run["eps"])


def rate(run: dict, step: int) -> float:
    """The base rate of a step, counted from 0: the named schedule squeezed into 50 steps."""
    return {
        None: lambda: run["lr"], "mae": lambda: mae(step / 10, run["lr"], 5, 1),
        "glue": lambda: linear(step, run["lr"], STEPS),
        "open-clip": lambda: open_clip_rate(step, run["lr"], 10, STEPS)}[run.get("schedule")]()


class Toy(torch.nn.Module):
    """The parameters of a run; their names hold dots, which a module's cannot."""

    def __init__(self, start: dict, names: list[str]):
        super().__init__()
        self.values = torch.nn.ParameterList([start[name].clone() for name in names])


def trajectory(run: dict, start: dict, grads: dict) -> tuple[dict, dict]:
    """All steps of one run: the tensors, and what is said of the run in JSON."""
    names = [name for name in start if name != "logit_scale" or run.get("logit_scale")]
    model = Toy(start, names)
    values = dict(zip(names, model.values))
    scales = {name: layer_scale(name, 2, run["layer_decay"]) if "layer_decay" in run else 1.0 for name in names}
    decaying = [name for name in names if decays(run["recipe"], name, start[name].ndim)]
    groups = [
        {"params": [values[name]], "lr": run["lr"], "weight_decay": run["weight_decay"] if name in decaying else 0.0}
        for name in names]
    optimizer = make_optimizer(groups, run)
    ema = timm.utils.ModelEmaV2(model, decay=run["ema"]) if "ema" in run else None
    history = {name: [] for name in names}
    averages = {name: [] for name in names}
    rates, norms = [], []
    for step in range(STEPS):
        rates.append(rate(run, step))
        for name, group in zip(names, optimizer.param_groups):
            group["lr"] = rates[-1] * scales[name]
            values[name].grad = grads[name][step].clone()
        bound = run.get("clip", math.inf)
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), bound).item())
        optimizer.step()
        if "logit_scale" in values:
            values["logit_scale"].data.clamp_(0, math.log(100))
        if ema:
            ema.update(model)
        for index, name in enumerate(names):
            history[name].append(values[name].detach().clone())
            if ema:
                averages[name].append(ema.module.values[index].detach().clone())
    tensors = {name: torch.stack(rows) for name, rows in history.items()}
    if ema:
        tensors |= {f"ema.{name}": torch.stack(rows) for name, rows in averages.items()}
    numbers = {"lr": torch.tensor(rates, dtype=torch.float64), "clip": torch.tensor(norms, dtype=torch.float64)}
    facts = {key: value for key, value in run.items() if key != "recipe"}
    return tensors | {f"#{key}": value for key, value in numbers.items()}, facts | {"decay": decaying, "scales": scales}


def check_steps() -> None:
    """Two steps of LAMB and of AdamW against known values."""
    values = [torch.tensor(v, dtype=torch.float64) for v in ([[1.0, -2], [0.5, 0.25]], [0.1, -0.2])]
    lamb = make_optimizer(
        [{"params": [values[0]], "weight_decay": 0.02}, {"params": [values[1]], "weight_decay": 0.0}],
        dict(kind="lamb", lr=5e-3, betas=(0.9, 0.999), eps=1e-6))
    known = (([0.9932494, -1.9997352, 0.5065521, 0.2433486], [0.095, -0.195]),
             ([0.9865058, -1.9994708, 0.5130973, 0.2367042], [0.0900001, -0.1900001]))
    for k, expected in enumerate(known, 1):
        values[0].grad = k * torch.tensor([[3.0, 0], [-1, 2]], dtype=torch.float64)
        values[1].grad = k * torch.tensor([0.5, -0.5], dtype=torch.float64)
        lamb.step()
        for value, wanted in zip(values, expected):
            assert torch.allclose(value.flatten(), torch.tensor(wanted, dtype=torch.float64), atol=2e-7, rtol=0), value
    value = torch.tensor([1.0, -2], dtype=torch.float64)
    adamw = make_optimizer(
        [{"params": [value], "weight_decay": 0.05}], dict(kind="adamw", lr=1e-3, betas=(0.9, 0.999), eps=1e-8))
    for k, wanted in enumerate(([0.99895, -1.99889994], [0.99793488, -1.99783468]), 1):
        value.grad = k * torch.tensor([0.3, -0.1], dtype=torch.float64)
        adamw.step()
        known = torch.tensor(wanted, dtype=torch.float64)  # as computed in float32
        assert torch.allclose(value, known, atol=3e-7, rtol=0), value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="OUT_DIR")
    options = parser.parse_args()
    torch.set_num_threads(1)
    check_steps()
    check_schedules()

    start, grads = toy()
    tensors = {f"start.{name}": value for name, value in start.items()}
    tensors |= {f"grad.{name}": value for name, value in grads.items()}
    said = {}
    for key, run in RUNS.items():
        values, said[key] = trajectory(run, start, grads)
        for name, value in values.items():
            tensors[f"{name[1:]}.{key}" if name.startswith("#") else f"{key}.{name}"] = value
    options.folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, options.folder / "optim_steps.safetensors")
    for name, value in (("steps", said), ("groups", recipe_groups()), ("schedules", schedules())):
        (options.folder / f"optim_{name}.json").write_text(json.dumps(value, indent=1) + "\n")
    for file in sorted(options.folder.glob("optim_*")):
        print(f"{file.name}: {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
