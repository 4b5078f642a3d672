#!/usr/bin/env python3
"""Makes the small trace cases in Tests/*/Fixtures/traces: of BERT 1, 2 and 3 labels and the Hub's old and bare names, of
vision one case a family.

    trace_fixtures.py [OUT_DIR]      OUT_DIR instead of the tests' own folders gets both

Each case is as trace_bert.py or trace_vit.py writes it, at a size of 50 to 100 KB; what is expected is rounded from
float64 to float32.

Needs: torch, transformers, timm, safetensors
"""

import subprocess
import sys
from pathlib import Path

from safetensors.torch import load_file, save_file

HERE = Path(__file__).resolve().parent
BERT = "--hidden 12 --layers 2 --heads 3 --vocabulary 40 --positions 16 --batch 4 --length 11"
VIT = "--embed-dim 12 --depth 2 --batch 2 --classes 5"
SWIN = "swin_tiny_patch4_window7_224 --embed-dim 8 --classes 5"
RESNET = "--channels 4,8,12,16 --classes 5"
# Whose tests: the script, and its arguments by case.
CASES = {
    "TextSubTests": ("trace_bert.py", {
        "labels1": f"{BERT} --labels 1 --ratio 0.5 --seed 1",
        "labels2-old": f"{BERT} --labels 2 --ratio 0.15 --names old --seed 2",
        "labels3-bare": f"{BERT} --labels 3 --ratio 0.3 --names bare --seed 3",
    }),
    "VisionSubTests": ("trace_vit.py", {
        "vit-token": f"vit_tiny_patch16_224 {VIT} --heads 1 --img-size 48 --ratio 0.25 --seed 1",
        "deit3-official": f"deit3_small_patch16_224 {VIT} --heads 1 --img-size 32 --loss bce --names official --seed 2",
        "mae-avg": f"vit_base_patch16_224 {VIT} --heads 1 --img-size 48 --global-pool avg --ratio 0.75 --seed 3",
        "beitv2": f"beitv2_base_patch16_224 {VIT} --heads 3 --img-size 48 --seed 4",
        "beitv2-shared": f"beitv2_base_patch16_224 {VIT} --heads 2 --img-size 32 --shared-rel-pos-bias --loss bce --seed 5",
        "clip-token": f"vit_base_patch16_clip_224 {VIT} --heads 1 --img-size 32 --seed 6",
        "ft-clip": f"vit_base_patch16_clip_quickgelu_224 {VIT} --heads 1 --img-size 48 --names official --seed 7",
        "swin": f"{SWIN} --depths 2,2 --num-heads 1,2 --window 4 --img-size 64 --batch 2 --seed 8",
        "swin-odd": f"{SWIN} --depths 2,2 --num-heads 2,4 --img-size 96 --batch 1 --ratio 0.25 --loss bce --seed 9",
        "swin-uneven": (
            "swin_tiny_patch4_window7_224 --embed-dim 4 --classes 5 --depths 2,2,2 --num-heads 1,2,4 --window 4 "
            "--img-size 72 --batch 1 --loss bce --seed 10"),
        # The seeds whose activations stay farthest from their ReLUs' kinks.
        "resnet": f"resnet50 --layers 1,1,2,1 {RESNET} --img-size 64 --batch 2 --ratio 0.5 --seed 2",
        "resnet-uneven": f"resnet50 --layers 1,1,1,1 {RESNET} --img-size 75 --batch 2 --ratio 0.75 --loss bce --seed 2",
        "resnet-basic": f"resnet18 --layers 1,2,1,1 {RESNET} --img-size 96 --batch 1 --ratio 0.25 --loss bce --seed 1",
    }),
}
# Those that also tell what stands behind every block or stage.
INTERMEDIATES = {"vit-token", "mae-avg", "beitv2-shared", "ft-clip", "swin-uneven", "resnet-basic"}


def main() -> None:
    for tests, (script, cases) in CASES.items():
        root = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parents[1] / "Tests" / tests / "Fixtures/traces"
        for name, arguments in cases.items():
            folder = root / name
            more = ["--intermediates"] if name in INTERMEDIATES else []
            subprocess.run([sys.executable, HERE / script, folder, *arguments.split(), *more], check=True)
            expected = load_file(folder / "expected.safetensors")
            save_file({key: value.float() for key, value in expected.items()}, folder / "expected.safetensors")
            if tests == "VisionSubTests":
                (folder / "config.json").unlink()


if __name__ == "__main__":
    main()
