#!/usr/bin/env python3
"""Makes the golden runs of a small Swin and a small ResNet: 20 updates of MaskSub with timm's own optimizer and schedule.

    train_pyramids.py [OUT_DIR]      Tests/VisionSubTests/Fixtures/updates unless given

The Swin trains as the official code has it (AdamW, clip 5, cross-entropy, a rate that lags an update behind), the ResNet
as ResNet strikes back's A2 (timm's Lamb, binary cross-entropy, a rate by the epoch), both over ten epochs of two batches
with two epochs of warmup and the rates of their recipes. Nothing is random: no augmentation, no drop-path, and the same
noise hides the same cells in every update. Pixels are `hashed` whole numbers divided by 512, so that they are the same
wherever they are made; the class of the run's image i is i mod 5.

Writes for each NAME.safetensors with start.TENSOR and end.TENSOR (weights and running statistics), mask_noise, and loss
[20, 2], norm [20] and rate [20] of the updates. Everything is computed in float64 and written in float32. In float32 a
ReLU's kink sooner or later parts two runs of the ResNet: it can be followed in float64 only.

Needs: torch, timm, safetensors
"""

import sys
from pathlib import Path

import timm
import timm.optim
import timm.scheduler
import torch
from safetensors.torch import save_file

from masksub_step import losses, randomise
from trace_vit import Masked

UPDATES, PER_EPOCH, BATCH, SIDE, CLASSES = 20, 2, 4, 64, 5
CASES = {
    "swin": ("swin_tiny_patch4_window7_224", "ce", 8, {
        "embed_dim": 8, "depths": (2, 2), "num_heads": (1, 2), "window_size": 4, "img_size": SIDE}),
    "resnet": ("resnet50", "bce", 6, {"layers": (1, 1, 2, 1), "channels": (4, 8, 12, 16)}),
}


def hashed(numbers: torch.Tensor) -> torch.Tensor:
    """Whole numbers to whole numbers from -1000 to 1000 without a pattern; all arithmetic is modulo 2^32."""
    x = (numbers * 747796405 + 2891336453) & 0xFFFFFFFF
    x = ((x ^ (x >> 15)) * 2246822519) & 0xFFFFFFFF
    return (x ^ (x >> 13)) % 2001 - 1000


def batch(update: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The images and labels of an update."""
    images = update * BATCH + torch.arange(BATCH)
    numbers = torch.arange(update * BATCH * 3 * SIDE * SIDE, (update + 1) * BATCH * 3 * SIDE * SIDE)
    return hashed(numbers).view(BATCH, 3, SIDE, SIDE).double() / 512, images % CLASSES


def decays(family: str, name: str, parameter: torch.nn.Parameter) -> bool:
    """Whether weight decay reaches a parameter."""
    spared = ("relative_position_bias_table", "mask_token") if family == "swin" else ()
    return parameter.ndim > 1 and not name.endswith(".bias") and not any(part in name for part in spared)


def groups(model: torch.nn.Module, family: str, decay: float) -> list[dict]:
    """The parameters that decay and those that do not."""
    named = list(model.named_parameters())
    return [
        {"params": [p for n, p in named if decays(family, n, p) == does], "weight_decay": decay if does else 0.0}
        for does in (True, False)]


def run(family: str, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """The 20 updates."""
    name, loss, seed, arguments = CASES[family]
    torch.manual_seed(seed)
    model = timm.create_model(name, num_classes=CLASSES, **arguments).eval()
    noise = torch.rand(BATCH, (SIDE // 32) ** 2, generator=torch.Generator().manual_seed(seed))
    forward = Masked(model, family, 0.5, batch(0)[0], noise)
    randomise(model, seed, gain=2.0 if family == "resnet" else 1.0)
    model.to(dtype)
    state = {n: t for n, t in model.state_dict().items() if t.is_floating_point() and "attn_mask" not in n}
    out = {f"start.{n}": t.clone() for n, t in state.items()} | {"mask_noise": noise}

    total, warmup = UPDATES // PER_EPOCH, 2
    if family == "swin":
        optimizer = torch.optim.AdamW(groups(model, family, 0.05), lr=1e-3, betas=(0.9, 0.999), eps=1e-8)
        schedule = timm.scheduler.CosineLRScheduler(
            optimizer, t_initial=UPDATES, lr_min=1e-5, warmup_lr_init=1e-6, warmup_t=warmup * PER_EPOCH,
            cycle_limit=1, t_in_epochs=False, warmup_prefix=False)
    else:
        optimizer = timm.optim.Lamb(groups(model, family, 0.02), lr=5e-3, eps=1e-6)
        schedule = timm.scheduler.CosineLRScheduler(
            optimizer, t_initial=total, lr_min=1e-6, warmup_lr_init=1e-4, warmup_t=warmup, cycle_limit=1)
    values, norms, rates = [], [], []
    for update in range(UPDATES):
        forward.images, labels = batch(update)
        main, sub = losses(loss, forward(False, dtype), forward(True, dtype), labels)
        optimizer.zero_grad()
        ((main + sub) / 2).backward()
        limit = 5.0 if family == "swin" else float("inf")
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), limit))
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if family == "swin":
            schedule.step_update(update)
        elif (update + 1) % PER_EPOCH == 0:
            schedule.step((update + 1) // PER_EPOCH)
        values.append(torch.stack([main, sub]).detach())
    out |= {f"end.{n}": t.clone() for n, t in model.state_dict().items() if n in state}
    return out | {"loss": torch.stack(values), "norm": torch.stack(norms), "rate": torch.tensor(rates)}


def main() -> None:
    default = Path(__file__).resolve().parents[2] / "Tests/VisionSubTests/Fixtures/updates"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    for family in CASES:
        exact, single = run(family, torch.float64), run(family, torch.float32)
        save_file({n: t.float().contiguous() for n, t in exact.items()}, folder / f"{family}.safetensors")
        errors = {
            n: ((exact[n] - single[n].double()).abs().max() / exact[n].abs().max()).item()
            for n in exact if n.startswith("end.") or n in ("loss", "norm")}
        worst = sorted(errors, key=lambda n: -errors[n])[:4]
        print(f"{family}: losses {exact['loss'][0].tolist()} to {exact['loss'][-1].tolist()}; PyTorch's float32 is off by "
              + ", ".join(f"{errors[n]:.1e} ({n})" for n in worst))


if __name__ == "__main__":
    main()
