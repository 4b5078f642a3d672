#!/usr/bin/env python3
"""Runs commands under many limits of address space (ulimit -v). Each has to succeed or to end with exit code 1 and one line.

    scripts/campaigns/memory.py [--program .build/release/masksub] [--tries 20] [--commands glue,tokenize]

Prints a line per command; exit code 1 where one ended by a signal or with other words."""
import argparse, os, resource, shutil, subprocess, sys, tempfile

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
parser = argparse.ArgumentParser()
parser.add_argument("--program", default=f"{root}/.build/release/masksub")
parser.add_argument("--tries", type=int, default=20)
parser.add_argument("--commands", help="joined by commas; all unless given")
options = parser.parse_args()
scratch = tempfile.mkdtemp(prefix="masksub-memory-")
# Without the backtrace of Swift's runtime, which takes seconds and memory of its own.
environment = dict(os.environ, MASKSUB_HOME=root, SWIFT_BACKTRACE="enable=no")
steps = ["--set", "max_steps=2", "--set", "batch_size=16", "--threads", "2", "--output", "OUT"]
fixtures = f"{root}/Tests/SubDataTests/Fixtures/files"
commands = {
    "glue": ["glue", "--task", "cola"] + steps,
    "train": ["train"] + steps,
    "resnet": ["train", "--recipe", "resnet-shapes"] + steps,
    "clip-pretrain": ["clip-pretrain"] + steps,
    "bench": ["bench", "vit-s16", "--steps", "1", "--warmup", "0", "--batch", "4"],
    "preview": ["preview", "--output", "OUT.png"],
    "inspect": ["inspect", f"{fixtures}/state_zip_p2.pth", "--stats"],
    "convert": ["convert", f"{fixtures}/state_zip_p2.pth", "OUT.safetensors"],
    "tokenize": ["tokenize", "--kind", "clip", "--vocab", f"{root}/tokenizers/captions-bpe/merges.txt", "a red square"],
}


def run(line, limit):
    output = f"{scratch}/out"
    shutil.rmtree(output, ignore_errors=True)
    line = [options.program] + [word.replace("OUT", output) for word in line]
    limited = (lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit))) if limit else None
    try:
        ended = subprocess.run(line, env=environment, preexec_fn=limited, capture_output=True, timeout=600)
    except subprocess.TimeoutExpired:
        return "no end", [""]
    return ended.returncode, ended.stderr.decode(errors="replace").strip().split("\n")


def succeeds(line, limit):
    return run(line, limit)[0] == 0


bad = 0
chosen = options.commands.split(",") if options.commands else list(commands)
for name, line in ((name, commands[name]) for name in chosen):
    if not succeeds(line, None):
        print(f"{name}: left out: {run(line, None)[1][-1][:200]}")
        continue
    # Between what the loader needs to start at all and what the command needs.
    least, most = 64 << 20, 64 << 30
    while most - least > 32 << 20:
        middle = (least + most) // 2
        least, most = (least, middle) if succeeds(line, middle) else (middle, most)
    start = 48 << 20
    while start < most and run(["--version"], start)[0] != 0:
        start += 8 << 20
    counts, worst = {"done": 0, "one line": 0}, []
    for number in range(options.tries):
        limit = start + (most - start) * (2 * number + 1) // (2 * options.tries)
        code, lines = run(line, limit)
        if code == 0:
            counts["done"] += 1
        # libgomp's own line, where a thread finds no room for its stack.
        elif code == 1 and ("error" in lines[-1] or "Thread creation failed" in lines[-1]):
            counts["one line"] += 1
        else:
            bad += 1
            worst.append(f"{limit >> 20} MiB: exit {code}: {lines[-1][:160]}")
    print(f"{name}: {start >> 20} to {most >> 20} MiB, {options.tries} tries: {counts}, {len(worst)} other ends", flush=True)
    for end in worst:
        print("  " + end)
shutil.rmtree(scratch, ignore_errors=True)
sys.exit(1 if bad else 0)
