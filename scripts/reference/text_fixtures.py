#!/usr/bin/env python3
"""Makes the small trace cases of Tests/TextSubTests/Fixtures/traces with trace_bert.py: 1, 2 and 3 labels, and the Hub's
old and bare names.

    text_fixtures.py [OUT_DIR]

Each case is as trace_bert.py writes it, at a size of some 50 KB; what is expected is rounded from float64 to float32.

Needs: torch, transformers, safetensors
"""

import subprocess
import sys
from pathlib import Path

from safetensors.torch import load_file, save_file

HERE = Path(__file__).resolve().parent
SMALL = "--hidden 12 --layers 2 --heads 3 --vocabulary 40 --positions 16 --batch 4 --length 11"
CASES = {
    "labels1": f"{SMALL} --labels 1 --ratio 0.5 --seed 1",
    "labels2-old": f"{SMALL} --labels 2 --ratio 0.15 --names old --seed 2",
    "labels3-bare": f"{SMALL} --labels 3 --ratio 0.3 --names bare --seed 3",
}


def main() -> None:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parents[1] / "Tests/TextSubTests/Fixtures/traces"
    for name, arguments in CASES.items():
        folder = root / name
        subprocess.run([sys.executable, HERE / "trace_bert.py", folder, *arguments.split()], check=True)
        expected = load_file(folder / "expected.safetensors")
        save_file({key: value.float() for key, value in expected.items()}, folder / "expected.safetensors")


if __name__ == "__main__":
    main()
