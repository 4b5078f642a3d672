#!/usr/bin/env python3
"""Makes a trace case for BERT: a random transformers BertForSequenceClassification and one MaskSub step of it.

    trace_bert.py OUT_DIR --labels 2 --hidden 96 --layers 3 --heads 4 --batch 5 --length 17 --seed 0 --names hf

Writes model.safetensors, config.json, batch.safetensors, expected.safetensors and case.json (see masksub_step.py), to
be compared with `masksub trace` by compare_trace.py. Dropout is off, attention is eager, everything is float64. A
token is masked where its noise is below the ratio and it is not special; one label means regression.

Names: hf as transformers writes them today; old as in the Hub's first files (LayerNorm.gamma and .beta, and the buffer
bert.embeddings.position_ids); bare without `bert.`, as a BertModel writes them.

Needs: torch, transformers, safetensors
"""

import argparse
from pathlib import Path

import torch
from transformers import BertConfig, BertForSequenceClassification

from masksub_step import randomise, write_case

PAD, UNK, CLS, SEP, MASK = 0, 1, 2, 3, 4


def make_batch(rows: int, length: int, vocabulary: int, labels: int, ratio: float, random: torch.Generator) -> dict:
    """Sentences and pairs of random ids, padded on the right; the first row is full, the last has one token."""
    ids = torch.randint(5, vocabulary, (rows, length), generator=random)
    lengths = torch.randint(min(5, length), length + 1, (rows,), generator=random)
    lengths[0] = length
    if rows > 1:
        lengths[-1] = min(3, length)
    types, special = torch.zeros_like(ids), torch.zeros_like(ids)
    for row, size in enumerate(lengths.tolist()):
        ids[row, 0], special[row, 0] = CLS, 1
        ids[row, size - 1], special[row, size - 1] = SEP, 1
        ids[row, size:], special[row, size:] = PAD, 1
        if row % 2 == 0 and size >= 5:
            middle = size // 2
            ids[row, middle], special[row, middle] = SEP, 1
            types[row, middle + 1:size] = 1
    noise = torch.rand(rows, length, generator=random)
    noise[(noise - ratio).abs() < 1e-6] += 1e-5
    if length > 2:
        noise[0, 1] = ratio / 2  # at least one token is masked
    target = torch.randn(rows, generator=random) if labels == 1 else torch.randint(0, labels, (rows,), generator=random)
    return {
        "input_ids": ids,
        "attention_mask": (torch.arange(length) < lengths[:, None]).long(),
        "token_type_ids": types,
        "special_tokens_mask": special,
        "mask_token_id": torch.tensor([MASK]),
        "labels": target,
        "mask_noise": noise,
    }


def renaming(names: str):
    """The function from transformers' parameter names to those of the file."""
    def rename(name: str, tensor: torch.Tensor):
        if names == "old":
            name = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
        if names == "bare":
            name = name.removeprefix("bert.")
        return [(name, tensor)]
    return rename


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="OUT_DIR")
    parser.add_argument("--labels", type=int, default=2)
    parser.add_argument("--hidden", type=int, default=96)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--intermediate", type=int, help="default: four times the hidden size")
    parser.add_argument("--vocabulary", type=int, default=500)
    parser.add_argument("--positions", type=int, default=64)
    parser.add_argument("--batch", type=int, default=5)
    parser.add_argument("--length", type=int, default=17)
    parser.add_argument("--ratio", type=float, default=0.15)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--names", choices=["hf", "old", "bare"], default="hf")
    options = parser.parse_args()
    torch.set_num_threads(1)

    config = BertConfig(
        vocab_size=options.vocabulary, hidden_size=options.hidden, num_hidden_layers=options.layers,
        num_attention_heads=options.heads, intermediate_size=options.intermediate or 4 * options.hidden,
        max_position_embeddings=max(options.positions, options.length), num_labels=options.labels, pad_token_id=PAD,
        attn_implementation="eager")
    model = BertForSequenceClassification(config).eval()
    randomise(model, options.seed)
    random = torch.Generator().manual_seed(options.seed + 1)
    batch = make_batch(options.batch, options.length, options.vocabulary, options.labels, options.ratio, random)

    def forward(masked: bool, dtype: torch.dtype) -> torch.Tensor:
        ids = batch["input_ids"]
        if masked:
            chosen = (batch["mask_noise"] < options.ratio) & (batch["special_tokens_mask"] == 0)
            ids = ids.masked_fill(chosen, MASK)
        return model(
            input_ids=ids, attention_mask=batch["attention_mask"], token_type_ids=batch["token_type_ids"]).logits

    options.folder.mkdir(parents=True, exist_ok=True)
    config.architectures = ["BertModel" if options.names == "bare" else "BertForSequenceClassification"]
    config.to_json_file(options.folder / "config.json")
    positions = {"bert.embeddings.position_ids": torch.arange(config.max_position_embeddings)[None]}
    arguments = [
        "--config", "config.json", "--from", "model.safetensors", "--batch", "batch.safetensors",
        "--ratio", str(options.ratio)]
    write_case(
        options.folder, model, forward, "mse" if options.labels == 1 else "ce", batch, arguments,
        rename=renaming(options.names), extra=positions if options.names == "old" else None)


if __name__ == "__main__":
    main()
