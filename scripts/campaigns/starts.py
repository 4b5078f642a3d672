#!/usr/bin/env python3
"""Starts two processes on one run's folder at once, and resumes it twice at once: one winner each, a clear error for the
other, and a log with every line once.

    scripts/campaigns/starts.py [--program .build/release/masksub] [--rounds 50]"""
import argparse, json, os, random, shutil, signal, subprocess, sys, tempfile, time

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
parser = argparse.ArgumentParser()
parser.add_argument("--program", default=f"{root}/.build/release/masksub")
parser.add_argument("--rounds", type=int, default=50)
options = parser.parse_args()
environment = dict(os.environ, MASKSUB_HOME=root)
scratch = tempfile.mkdtemp(prefix="masksub-starts-")
draw = random.Random(1)


def two(output, steps, resuming):
    line = [options.program, "train", "--threads", "1", "--workers", "1", "--output", output, "--set", "batch_size=4",
            "--set", f"max_steps={steps}", "--set", "save_every=2", "--set", "log_every=1", "--set", "evaluate_every=0"]
    processes = []
    for _ in range(2):
        processes.append(subprocess.Popen(
            line + (["--resume"] if resuming else []), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))
        time.sleep(draw.choice([0, 0, 0.002, 0.02]))
    results = []
    for process in processes:
        error = process.communicate()[1].decode(errors="replace")
        results.append((process.returncode, error))
    return results


wrong = {"starts": 0, "resumes": 0, "logs": 0}
for number in range(options.rounds):
    output = f"{scratch}/{number}"
    for kind, steps in [("starts", 4), ("resumes", 8)]:
        results = two(output, steps, kind == "resumes")
        # Where one had ended before the other looked, the second start finds a run, and the second resume one that is done.
        refused = [error for code, error in results
                   if code == 1 and ("is at work on this run" in error or "already holds a run" in error)]
        done = [error for code, error in results if code == 0]
        if len(done) + len(refused) != 2 or not done or (kind == "starts" and len(done) != 1):
            wrong[kind] += 1
            print(f"round {number}, {kind}: {results}", flush=True)
    steps = [json.loads(line)["step"] for line in open(f"{output}/metrics.jsonl") if '"train"' in line]
    if steps != list(range(1, 9)):
        wrong["logs"] += 1
        print(f"round {number}: steps {steps}", flush=True)
    shutil.rmtree(output)
shutil.rmtree(scratch, ignore_errors=True)
print(f"{options.rounds} rounds of two starts and two resumes: {wrong}")
sys.exit(1 if any(wrong.values()) else 0)
