#!/usr/bin/env python3
"""Makes the trace cases that `masksub trace` is held against, and an index of them.

    make_traces.py OUT_DIR [--only TEXT] [--jobs 1]

One folder a case (see masksub_step.py), and OUT_DIR/INDEX.md with the command line of each. Then
`compare_trace.py --cases OUT_DIR --masksub .build/release/masksub` runs and compares them all. About 24 GB, most of it
the full-size models (`--only bert`, `--only small`).

Needs: torch, timm, transformers, open_clip_torch, safetensors
"""

import argparse
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
SMALL_VIT = "--embed-dim 192 --heads 3"
RATIOS = ("0.25", "0.5", "0.75")


def cases() -> dict[str, str]:
    """Folder to script and arguments."""
    table = {}
    bert_sizes = {
        "h32": "--hidden 32 --layers 2 --heads 2 --batch 4 --length 9",
        "h96": "--hidden 96 --layers 3 --heads 4 --batch 5 --length 17",
        "h384": "--hidden 384 --layers 6 --heads 12 --batch 3 --length 40",
    }
    for labels in (1, 2, 3):
        for number, (size, arguments) in enumerate(bert_sizes.items()):
            line = f"trace_bert.py --labels {labels} {arguments} --seed {labels + number}"
            table[f"bert/{size}-labels{labels}"] = line
    h96 = bert_sizes["h96"]
    table["bert/h96-old-names"] = f"trace_bert.py --labels 2 {h96} --names old --seed 11"
    table["bert/h96-bare-names"] = f"trace_bert.py --labels 2 {h96} --names bare --seed 12"
    table["bert/h96-ratio50"] = f"trace_bert.py --labels 3 {h96} --ratio 0.5 --seed 13"
    table["bert/one-sentence"] = (
        "trace_bert.py --labels 2 --hidden 64 --layers 1 --heads 1 --batch 1 --length 5 --seed 14")
    table["bert/odd-sizes"] = (
        "trace_bert.py --labels 3 --hidden 60 --layers 2 --heads 5 --intermediate 77 --vocabulary 131 --batch 7 "
        "--length 23 --seed 15")

    vits = {
        "vit-tiny": "vit_tiny_patch16_224 --depth 3 --batch 3",
        "deit3-small": "deit3_small_patch16_224 --depth 2 --batch 2",
        "mae-avg": f"vit_base_patch16_224 --global-pool avg {SMALL_VIT} --depth 2 --batch 3",
        "beitv2": "beitv2_base_patch16_224 --embed-dim 96 --depth 2 --heads 3 --batch 3",
        "clip-vit": "vit_base_patch16_clip_224 --embed-dim 128 --heads 2 --depth 2 --batch 3",
    }
    for number, (name, arguments) in enumerate(vits.items()):
        for ratio in RATIOS:
            for loss in ("ce", "bce"):
                table[f"vit/{name}-{ratio}-{loss}"] = (
                    f"trace_vit.py {arguments} --ratio {ratio} --loss {loss} --seed {20 + number}")
    more = {
        "clip-quickgelu": "vit_base_patch16_clip_quickgelu_224 --embed-dim 128 --heads 2 --depth 2",
        "beitv2-shared": "beitv2_base_patch16_224 --embed-dim 128 --depth 2 --heads 2 --shared-rel-pos-bias",
        "huge-patch14": "vit_huge_patch14_224 --global-pool avg --embed-dim 160 --heads 2 --depth 2 --batch 2",
        "deit3-huge": "deit3_huge_patch14_224 --embed-dim 160 --heads 2 --depth 2 --batch 2 --loss bce",
        "vit-160px": f"vit_base_patch16_224 {SMALL_VIT} --depth 2 --img-size 160",
        "deit3-official": "deit3_small_patch16_224 --depth 2 --batch 2 --names official --pth",
        "beitv2-official": "beitv2_base_patch16_224 --embed-dim 96 --depth 2 --heads 3 --names official --pth",
        "ft-clip-official": (
            "vit_base_patch16_clip_quickgelu_224 --embed-dim 128 --heads 2 --depth 2 --names official --pth"),
        "full-vit-tiny": "vit_tiny_patch16_224 --batch 2 --classes 1000",
        "full-deit3-small": "deit3_small_patch16_224 --batch 2 --classes 1000 --loss bce",
        "full-beitv2-base": "beitv2_base_patch16_224 --batch 1 --classes 1000",
        "full-vit-base-clip": "vit_base_patch16_clip_quickgelu_224 --batch 1 --classes 1000",
        "full-vit-base-mae": "vit_base_patch16_224 --global-pool avg --batch 1 --classes 1000 --ratio 0.75",
    }
    small_swin = "swin_tiny_patch4_window7_224 --embed-dim 32 --depths 2,2,2,2 --num-heads 1,2,4,8 --batch 2"
    for ratio in RATIOS:
        more[f"swin-{ratio}"] = f"{small_swin} --ratio {ratio}"
    more["swin-official"] = f"{small_swin} --names official --pth"
    more["full-swin-tiny"] = "swin_tiny_patch4_window7_224 --batch 1 --classes 1000"
    # Other picture sizes: windows that do not fill the grids, that do, and a last stage smaller than a window.
    for name, size in (("swin-256", "256"), ("swin-192", "192"), ("swin-200", "200"), ("swin-384", "384")):
        more[name] = f"{small_swin} --img-size {size}"
    more["swin-256-window8"] = f"{small_swin} --img-size 256 --window 8"
    more["swin-192-window6"] = f"{small_swin} --img-size 192 --window 6"
    for ratio in RATIOS:
        for loss in ("ce", "bce"):
            more[f"full-swin-small-{ratio}-{loss}"] = (
                f"swin_small_patch4_window7_224 --batch 1 --classes 1000 --ratio {ratio} --loss {loss}")
    for number, (name, arguments) in enumerate(more.items()):
        table[f"vit/{name}"] = f"trace_vit.py {arguments} --seed {40 + number}"
    # Seeds without an activation at the kink of a ReLU; the full one cannot have such a seed.
    for ratio, seed in (("0.25", 1), ("0.5", 8), ("0.75", 10)):
        table[f"vit/resnet-{ratio}"] = (
            f"trace_vit.py resnet50 --layers 1,1,1,1 --img-size 64 --batch 4 --ratio {ratio} --loss bce --seed {seed}")
    table["vit/resnet-2222"] = "trace_vit.py resnet50 --layers 2,2,2,2 --img-size 64 --batch 4 --seed 7"
    table["vit/full-resnet50"] = "trace_vit.py resnet50 --batch 2 --classes 1000 --loss bce --seed 61"
    for ratio in RATIOS:
        for loss in ("ce", "bce"):
            for depth in (50, 101):
                table[f"vit/full-resnet{depth}-off-kinks-{ratio}-{loss}"] = (
                    f"trace_vit.py resnet{depth} --batch 2 --classes 1000 --ratio {ratio} --loss {loss} --off-kinks "
                    "--seed 62")
    for size in ("160", "200"):
        table[f"vit/resnet50-off-kinks-{size}"] = f"trace_vit.py resnet50 --img-size {size} --off-kinks --seed 63"

    small_clip = "--embed-dim 64 --image-size 64 --patch 16 --width 128 --layers 2 --text-width 64 --text-layers 2"
    table["clip/small"] = f"trace_clip.py {small_clip} --batch 4 --seed 70"
    table["clip/small-quickgelu"] = f"trace_clip.py {small_clip} --quick-gelu --batch 4 --ratio 0.25 --seed 71"
    table["clip/small-hf-names"] = f"trace_clip.py {small_clip} --names hf --quick-gelu --batch 4 --seed 72"
    table["clip/small-scalar-shape"] = f"trace_clip.py {small_clip} --scalar-shape --batch 5 --ratio 0.75 --seed 73"
    for number, name in enumerate(("ViT-B-32", "ViT-B-16", "ViT-B-32-quickgelu", "ViT-B-16-quickgelu")):
        table[f"clip/full-{name}"] = f"trace_clip.py --model {name} --batch 3 --seed {80 + number}"
    return table


def make(folder: Path, line: str) -> str:
    """Runs one script; its last line of output, or its error."""
    script, *arguments = line.split()
    command = [sys.executable, HERE / script, folder, *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    text = done.stdout if done.returncode == 0 else f"{folder} FAILED\n{done.stderr[-800:]}"
    return (text.strip() or "no output").splitlines()[-1] if done.returncode == 0 else text


def index(root: Path, table: dict[str, str]) -> None:
    """Writes INDEX.md of the cases that are there."""
    lines = [
        "# Trace cases", "",
        "Run each command in the case's folder, then compare `expected.safetensors` with `out.safetensors`;",
        "`compare_trace.py --cases THIS_FOLDER --masksub PATH` does that for all.",
        "The error is PyTorch's own in float32.", "",
        "| folder | `masksub trace` … `--output out.safetensors` | parameters | float32 error | made by |",
        "| --- | --- | --- | --- | --- |"]
    for name, line in table.items():
        facts = root / name / "case.json"
        if facts.exists():
            case = json.loads(facts.read_text())
            error = case["torch_float32"]["worst_error"]
            command = " ".join(case["arguments"])
            lines.append(f"| {name} | `{command}` | {case['parameters']:,} | {error:.1e} | `{line}` |")
    (root / "INDEX.md").write_text("\n".join(lines) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="OUT_DIR")
    parser.add_argument("--only", default="", help="only the cases whose name holds this text")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    table = cases()
    chosen = {name: line for name, line in table.items() if options.only in name}
    with ThreadPoolExecutor(options.jobs) as pool:
        for text in pool.map(lambda item: make(options.folder / item[0], item[1]), chosen.items()):
            print(text, flush=True)
    index(options.folder, table)


if __name__ == "__main__":
    main()
