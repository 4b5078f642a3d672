#!/usr/bin/env python3
"""Makes a trace case for a vision model: a random timm model and one MaskSub step of it.

    trace_vit.py OUT_DIR vit_tiny_patch16_224 --depth 3 --ratio 0.5 --loss ce --batch 3 --seed 0
    trace_vit.py OUT_DIR vit_base_patch16_224 --global-pool avg --embed-dim 192 --heads 3 --depth 2       (MAE finetune)
    trace_vit.py OUT_DIR vit_base_patch16_clip_quickgelu_224 --names official --depth 2                   (FT-CLIP)
    trace_vit.py OUT_DIR swin_tiny_patch4_window7_224 --embed-dim 32 --depths 2,2,2,2 --num-heads 1,2,4,8

Writes model.safetensors, batch.safetensors, expected.safetensors and case.json (see masksub_step.py), and a config.json
as timm puts it beside its weights, to be compared with `masksub trace` by compare_trace.py; of a ResNet also
evaluated.safetensors, the logits of the same images by its running statistics; with --intermediates also
intermediates.safetensors, what stands behind every block or stage in evaluation. Float64; dropout and drop-path are
off.

What masking does: ViT, DeiT-III, MAE, CLIP: masked tokens are removed after the position embedding. BEiT v2 and Swin:
they are replaced by `mask_token` after the patch embedding (Swin: after its LayerNorm), Swin in blocks of 32x32 pixels;
timm has no such parameter in these models, so it is added. ResNet: the pixels of 32x32 blocks are set to zero, and
batch-norm uses batch statistics. Kept are the int(L (1 - ratio)) tokens of the lowest noise, ties by position.

Names: timm's, or those of the official releases (DeiT-III, Swin, BEiT v2 with their buffers; CLIP as FT-CLIP names it,
which has the final norm on every patch token and then their mean). --pth also writes model.pth and model_legacy.pth.

A ReLU has a kink: of the millions of activations of a ResNet a few lie so near to zero that float32 and float64 put
them on different sides, and a gradient is then off by percents with nobody at fault. So take a small ResNet, and a
seed that has no such activation: the script prints how near the nearest comes, and 1e-5 is far enough for anybody. Or
take --off-kinks, which moves the biases of batch-norms four deviations to either side of the kinks (before a joint to
the upper side): then the gradients of a full ResNet-50 can be met within 1e-3. Those of the biases nearly vanish, since the
next batch-norm takes back what a ReLU that is always on lets through; the small cases check them.

Needs: torch, timm, safetensors
"""

import argparse
import json
import re
from pathlib import Path

import timm
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from masksub_step import KeepTokens, kept_mask, mask_noise, randomise, write_case

BLOCK = 32  # pixels: the side of what is masked as one in Swin and ResNet


class Masked:
    """A timm model with the masking of its family attached to timm's own forward."""

    def __init__(self, model: torch.nn.Module, family: str, ratio: float, images: torch.Tensor, noise: torch.Tensor):
        self.model, self.family, self.ratio, self.images = model, family, ratio, images
        self.noise, self.masked = noise, False
        self.nearest = float("inf")  # of all inputs of ReLUs, the distance from zero
        for module in model.modules():
            if isinstance(module, torch.nn.ReLU):
                module.register_forward_pre_hook(self.watch)
        if family == "vit":
            model.patch_drop = KeepTokens(ratio, model.num_prefix_tokens)
        elif family in ("beit", "swin"):
            width = model.embed_dim
            model.mask_token = torch.nn.Parameter(torch.zeros(1, 1, width))
            model.patch_embed.register_forward_hook(self.replace)
        elif family == "resnet":
            model.train()  # batch statistics; timm's default has no dropout and no drop-path

    def watch(self, module, inputs) -> None:
        """Keeps the distance of the nearest input of a ReLU from its kink."""
        if inputs[0].dtype == torch.float64:
            self.nearest = min(self.nearest, inputs[0].detach().abs().min().item())

    def replace(self, module, inputs, tokens: torch.Tensor) -> torch.Tensor | None:
        """Puts the mask token in the place of masked tokens: `[N, L, D]`, or Swin's `[N, H, W, D]`."""
        if not self.masked:
            return None
        keep = kept_mask(self.noise, self.ratio)
        if tokens.ndim == 4:
            keep = self.grid(keep, BLOCK // self.model.patch_embed.patch_size[0], tokens.shape[1:3])
        return torch.where(keep.unsqueeze(-1), tokens, self.model.mask_token.view(*[1] * (tokens.ndim - 1), -1))

    def grid(self, keep: torch.Tensor, side: int, size: torch.Size) -> torch.Tensor:
        """Cells `[N, L]` to places `[N, H, W]`, `side` to a cell; what lies beyond the last whole cell stays."""
        cells = (self.images.shape[2] // BLOCK, self.images.shape[3] // BLOCK)
        keep = keep.view(-1, *cells).repeat_interleave(side, 1).repeat_interleave(side, 2)
        return F.pad(keep, (0, size[1] - keep.shape[2], 0, size[0] - keep.shape[1]), value=True)

    def __call__(self, masked: bool, dtype: torch.dtype) -> torch.Tensor:
        images = self.images.to(dtype)
        self.masked = masked
        if self.family == "vit":
            self.model.patch_drop.noise = self.noise if masked else None
        elif self.family == "resnet" and masked:
            images = images * self.grid(kept_mask(self.noise, self.ratio), BLOCK, images.shape[2:]).unsqueeze(1)
        return self.model(images)


def family_of(name: str) -> str:
    """How a timm model is masked."""
    for prefix, family in (("beit", "beit"), ("swin", "swin"), ("resnet", "resnet")):
        if name.startswith(prefix):
            return family
    return "vit"


def official_name(name: str, model_name: str) -> str:
    """The name of a timm parameter in the official release of that model."""
    if model_name.startswith("deit3"):
        return re.sub(r"ls(\d)\.gamma", r"gamma_\1", name)
    if model_name.startswith("swin"):
        name = re.sub(r"layers\.(\d)\.downsample", lambda m: f"layers.{int(m[1]) - 1}.downsample", name)
        return name.replace("head.fc.", "head.")
    if "_clip_" in model_name:
        for old, new in (
            ("norm_pre", "ln_pre"), ("norm1", "ln_1"), ("norm2", "ln_2"), ("attn.qkv.", "attn.in_proj_"),
            ("attn.proj", "attn.out_proj"), ("mlp.fc1", "mlp.c_fc"), ("mlp.fc2", "mlp.c_proj"),
            ("patch_embed.proj", "conv1"), ("pos_embed", "positional_embedding"), ("cls_token", "class_embedding"),
        ):
            name = name.replace(old, new)
        return re.sub(r"^norm\.", "fc_norm.", re.sub(r"^blocks\.", "transformer.resblocks.", name))
    return name


def official_renaming(model_name: str):
    """The function from timm's parameters to the official release's."""
    def rename(name: str, tensor: torch.Tensor):
        new = official_name(name, model_name)
        if new in ("class_embedding", "positional_embedding"):
            tensor = tensor.reshape(tensor.shape[1:] if new.startswith("pos") else tensor.shape[-1:])
        return [(new, tensor)]
    return rename


def move_off_kinks(model: torch.nn.Module, seed: int) -> None:
    """Moves the biases of the batch-norms before ReLUs far from zero, either way; those of the last ones in a block up."""
    random = torch.Generator().manual_seed(seed + 3)
    with torch.no_grad():
        for name, module in model.named_modules():
            if isinstance(module, torch.nn.BatchNorm2d) and "downsample" not in name:
                last = hasattr(model.get_submodule(name.rsplit(".", 1)[0]), "conv3") and name.endswith("bn3")
                sign = torch.randint(0, 2, module.bias.shape, generator=random) * 2 - 1
                module.bias += 4.0 if last else 4.0 * sign


def buffers_of(model: torch.nn.Module, model_name: str, family: str, official: bool, seed: int) -> dict:
    """The tensors of a weight file that are no parameters: running statistics, and the buffers of official files."""
    if family == "resnet":
        random = torch.Generator().manual_seed(seed + 2)
        buffers = {}
        for name, buffer in model.named_buffers():
            if buffer.dtype == torch.int64:
                buffer.fill_(7)
            else:
                buffer.copy_(torch.rand(buffer.shape, generator=random) + 0.5)
            buffers[name] = buffer.clone()
        return buffers
    if not official:
        return {}
    kept = ("relative_position_index", "attn_mask")
    return {official_name(n, model_name): b.clone() for n, b in model.named_buffers() if n.endswith(kept)}


def intermediates_of(model: torch.nn.Module, family: str, images: torch.Tensor) -> dict[str, torch.Tensor]:
    """What timm hands out behind block or stage I: `map.I` `[N, H, W, C]`; of a ViT also `tokens.I`, and through its
    last norm `normed.I`, `[N, T, D]` with the class token."""
    maps = model.forward_intermediates(images, intermediates_only=True)
    # timm counts a ResNet's stem as a stage.
    maps = maps[1:] if family == "resnet" else maps
    found = {f"map.{index}": each.permute(0, 2, 3, 1) for index, each in enumerate(maps)}
    if family in ("vit", "beit"):
        for name, norm in (("tokens", False), ("normed", True)):
            pairs = model.forward_intermediates(
                images, norm=norm, return_prefix_tokens=True, output_fmt="NLC", intermediates_only=True)
            found |= {f"{name}.{index}": torch.cat(pair[::-1], dim=1) for index, pair in enumerate(pairs)}
    return found


def numbers(text: str) -> tuple[int, ...]:
    """`2,2,6,2` as a tuple."""
    return tuple(int(part) for part in text.split(","))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="OUT_DIR")
    parser.add_argument("model", metavar="TIMM_NAME")
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--batch", type=int, default=3)
    parser.add_argument("--ratio", type=float, default=0.5)
    parser.add_argument("--loss", choices=["ce", "bce"], default="ce")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--names", choices=["timm", "official"], default="timm")
    parser.add_argument("--pth", action="store_true", help="also write the weights as PyTorch files")
    parser.add_argument("--intermediates", action="store_true", help="also write what is behind every block or stage")
    group = parser.add_argument_group("overrides of timm's model, for small cases")
    group.add_argument("--img-size", type=int)
    group.add_argument("--embed-dim", type=int)
    group.add_argument("--depth", type=int)
    group.add_argument("--heads", type=int, help="of a ViT or a BEiT")
    group.add_argument("--depths", type=numbers, help="of a Swin, as 2,2,6,2")
    group.add_argument("--num-heads", type=numbers, help="of a Swin, as 3,6,12,24")
    group.add_argument("--window", type=int, help="of a Swin")
    group.add_argument("--layers", type=numbers, help="of a ResNet, as 3,4,6,3")
    group.add_argument("--channels", type=numbers, help="of a ResNet, as 64,128,256,512")
    group.add_argument("--off-kinks", action="store_true", help="of a ResNet of bottlenecks: biases far from ReLUs' kinks")
    group.add_argument("--global-pool", choices=["token", "avg"])
    group.add_argument("--shared-rel-pos-bias", action="store_true", help="BEiT: one table, as in pretraining")
    options = parser.parse_args()
    torch.set_num_threads(1)

    family = family_of(options.model)
    arguments = {
        "img_size": options.img_size if family != "resnet" else None,
        "embed_dim": options.embed_dim, "depth": options.depth, "num_heads": options.num_heads or options.heads,
        "depths": options.depths, "window_size": options.window, "layers": options.layers,
        "channels": options.channels, "global_pool": options.global_pool}
    arguments = {key: value for key, value in arguments.items() if value is not None}
    if options.shared_rel_pos_bias:
        arguments |= {"use_shared_rel_pos_bias": True, "use_rel_pos_bias": False}
    if options.names == "official" and "_clip_" in options.model:
        arguments |= {"global_pool": "avg", "fc_norm": False}  # the norm on every token, then the mean
    torch.manual_seed(options.seed)
    model = timm.create_model(options.model, num_classes=options.classes, **arguments).eval()

    random = torch.Generator().manual_seed(options.seed + 1)
    size = options.img_size or model.pretrained_cfg["input_size"][-1]
    patch = model.patch_embed.patch_size[0] if family in ("vit", "beit") else BLOCK
    tokens = (size // patch) ** 2
    batch = {
        "images": torch.randn(options.batch, 3, size, size, generator=random),
        "labels": torch.randint(0, options.classes, (options.batch,), generator=random),
        "mask_noise": mask_noise(options.batch, tokens, options.ratio, random),
    }
    forward = Masked(model, family, options.ratio, batch["images"], batch["mask_noise"])
    randomise(model, options.seed, gain=2.0 if family == "resnet" else 1.0)
    if options.off_kinks:
        move_off_kinks(model, options.seed)

    official = options.names == "official"
    options.folder.mkdir(parents=True, exist_ok=True)
    config = {"architecture": options.model, "num_classes": options.classes, "model_args": arguments}
    (options.folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    extra = buffers_of(model, options.model, family, official, options.seed)
    command = [
        "--model", options.model, "--from", "model.safetensors", "--batch", "batch.safetensors",
        "--ratio", str(options.ratio), "--loss", options.loss]
    rename = official_renaming(options.model) if official else (lambda name, tensor: [(name, tensor)])
    write_case(options.folder, model, forward, options.loss, batch, command, rename, extra, options.pth)
    if family == "resnet":
        print(f"the nearest input of a ReLU is {forward.nearest:.1e} from its kink")
        evaluated = model.double().eval()(batch["images"].double())
        save_file({"logits": evaluated.detach().float()}, options.folder / "evaluated.safetensors")
    if options.intermediates:
        model.double().eval()
        forward(False, torch.float64)  # leaves nothing masked
        found = intermediates_of(model, family, batch["images"].double())
        save_file(
            {name: each.detach().float().contiguous() for name, each in found.items()},
            options.folder / "intermediates.safetensors")


if __name__ == "__main__":
    main()
