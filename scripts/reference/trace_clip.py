#!/usr/bin/env python3
"""Makes a trace case for CLIP: a random open_clip model and one MaskSub step of it.

    trace_clip.py OUT_DIR --model ViT-B-32 --batch 3 --ratio 0.5 --seed 0 [--names openclip|hf]
    trace_clip.py OUT_DIR --embed-dim 64 --image-size 64 --patch 16 --width 128 --layers 2 \\
        --text-width 64 --text-layers 2 [--quick-gelu]

Writes model.safetensors, batch.safetensors, expected.safetensors and case.json (see masksub_step.py), to be compared
with `masksub trace` by compare_trace.py; a custom model also gets open_clip_config.json, open_clip's own form.
Float64. The sub-branch sees int(L (1 - ratio)) image tokens of the lowest noise (ties by position), kept after the
position embedding, and all the text. Texts are ragged: start, words, end (the vocabulary's last id), zeros. Heads are
64 wide.

Outputs besides logits, losses and gradients: main.image_features and main.text_features, normalised.

Needs: torch, open_clip_torch, safetensors
"""

import argparse
import json
from pathlib import Path

import open_clip
import torch

from masksub_step import KeepTokens, mask_noise, randomise, write_case

HF_BLOCK = {
    "ln_1": "layer_norm1", "ln_2": "layer_norm2", "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2",
    "attn.out_proj": "self_attn.out_proj"}
HF_OTHER = {
    "visual.class_embedding": "vision_model.embeddings.class_embedding",
    "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "visual.ln_pre": "vision_model.pre_layrnorm",
    "visual.ln_post": "vision_model.post_layernorm",
    "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "positional_embedding": "text_model.embeddings.position_embedding.weight",
    "ln_final": "text_model.final_layer_norm",
}


def hugging_face(name: str, tensor: torch.Tensor):
    """open_clip's parameter in the names of transformers' CLIPModel: q, k, v apart, the projections transposed."""
    if name == "visual.proj":
        return [("visual_projection.weight", tensor.T)]
    if name == "text_projection":
        return [("text_projection.weight", tensor.T)]
    if "resblocks." in name:
        tower = "vision_model" if name.startswith("visual.") else "text_model"
        index, rest = name.split("resblocks.")[1].split(".", 1)
        prefix = f"{tower}.encoder.layers.{index}"
        if rest.startswith("attn.in_proj_"):
            kind = rest.removeprefix("attn.in_proj_")
            return [(f"{prefix}.self_attn.{part}_proj.{kind}", t) for part, t in zip("qkv", tensor.chunk(3))]
        stem, kind = rest.rsplit(".", 1)
        return [(f"{prefix}.{HF_BLOCK[stem]}.{kind}", tensor)]
    for old, new in HF_OTHER.items():
        if name == old or name.startswith(old + "."):
            return [(new + name.removeprefix(old), tensor)]
    return [(name, tensor)]


def custom_config(options: argparse.Namespace) -> dict:
    """An open_clip model configuration from the options."""
    return {
        "embed_dim": options.embed_dim,
        "quick_gelu": options.quick_gelu,
        "vision_cfg": {
            "image_size": options.image_size, "layers": options.layers, "width": options.width, "head_width": 64,
            "patch_size": options.patch},
        "text_cfg": {
            "context_length": 77, "vocab_size": options.vocabulary, "width": options.text_width,
            "heads": max(1, options.text_width // 64), "layers": options.text_layers},
    }


def make_texts(rows: int, length: int, vocabulary: int, random: torch.Generator) -> torch.Tensor:
    """`[rows, length]` ids: the first text fills the context, the last has no word, the others are between."""
    texts = torch.zeros(rows, length, dtype=torch.long)
    for row in range(rows):
        words = int(torch.randint(1, 20, (1,), generator=random))
        words = length - 2 if row == 0 else 0 if row == rows - 1 else words
        texts[row, 0] = vocabulary - 2
        texts[row, 1:1 + words] = torch.randint(0, vocabulary - 2, (words,), generator=random)
        texts[row, 1 + words] = vocabulary - 1
    return texts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="OUT_DIR")
    parser.add_argument("--model", help="an open_clip name; without it, a custom model")
    parser.add_argument("--batch", type=int, default=3)
    parser.add_argument("--ratio", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--names", choices=["openclip", "hf"], default="openclip")
    parser.add_argument("--scalar-shape", action="store_true", help="write logit_scale as [1], as some files have it")
    custom = parser.add_argument_group("a custom model")
    custom.add_argument("--embed-dim", type=int, default=64)
    custom.add_argument("--image-size", type=int, default=64)
    custom.add_argument("--patch", type=int, default=16)
    custom.add_argument("--width", type=int, default=128)
    custom.add_argument("--layers", type=int, default=2)
    custom.add_argument("--text-width", type=int, default=64)
    custom.add_argument("--text-layers", type=int, default=2)
    custom.add_argument("--vocabulary", type=int, default=49408)
    custom.add_argument("--quick-gelu", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    options.folder.mkdir(parents=True, exist_ok=True)

    if options.model:
        model = open_clip.create_model(options.model, pretrained=None)
        arguments = ["--model", options.model]
    else:
        config = custom_config(options)
        (options.folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config}, indent=1) + "\n")
        model = open_clip.CLIP(**config)
        arguments = ["--model", "ViT-B-32-quickgelu" if options.quick_gelu else "ViT-B-32"]
    model.eval()
    randomise(model, options.seed)
    keep = KeepTokens(options.ratio)
    model.visual.patch_dropout = keep

    random = torch.Generator().manual_seed(options.seed + 1)
    size = model.visual.image_size
    grid = model.visual.grid_size
    batch = {
        "images": torch.randn(options.batch, 3, *size, generator=random),
        "text": make_texts(options.batch, model.context_length, model.vocab_size, random),
        "mask_noise": mask_noise(options.batch, grid[0] * grid[1], options.ratio, random),
    }

    def forward(masked: bool, dtype: torch.dtype):
        keep.noise = batch["mask_noise"] if masked else None
        images = model.encode_image(batch["images"].to(dtype), normalize=True)
        texts = model.encode_text(batch["text"], normalize=True)
        logits = model.logit_scale.exp() * images @ texts.T
        return logits if masked else {"logits": logits, "image_features": images, "text_features": texts}

    def rename(name: str, tensor: torch.Tensor):
        if name == "logit_scale" and options.scalar_shape:
            tensor = tensor.reshape(1)
        return hugging_face(name, tensor) if options.names == "hf" else [(name, tensor)]

    arguments += ["--from", "model.safetensors", "--batch", "batch.safetensors", "--ratio", str(options.ratio)]
    write_case(options.folder, model, forward, "clip", batch, arguments, rename)


if __name__ == "__main__":
    main()
