#!/usr/bin/env python3
"""Compares `masksub tokenize --kind bert` with Hugging Face's fast tokenizer on 10,000 lines: a half real sentences, a
half made of random Unicode, combining sequences, special tokens and mixtures of them.

    scripts/reference/wordpiece_compare.py --vocab vocab.txt --data GLUE_FOLDER [--seed 1] [--lines 10000]
                                           [--command "scripts/masksub tokenize --kind bert --json"]

The command gets `--vocab FILE` appended, reads one text per line (LF) and writes one JSON object per line with "ids"
and "tokens". Needs the packages `tokenizers` and nothing else. Exit 0 if every line is equal.
"""
import argparse
import json
import pathlib
import random
import shlex
import subprocess
import sys

from tokenizers import BertWordPieceTokenizer

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[mask]", "[unused5]", "[", "]", "##", "##ing"]
BLOCKS = [(0x20, 0x7F), (0, 0x20), (0x80, 0x250), (0x300, 0x370), (0x370, 0x530), (0x590, 0x700), (0x900, 0xE00),
          (0x1100, 0x1200), (0x1D00, 0x2100), (0x2000, 0x2070), (0x2070, 0x2C00), (0x3000, 0x3400), (0x3400, 0x4E10),
          (0x4E00, 0xA000), (0xA640, 0xA830), (0xAC00, 0xD7B0), (0xE000, 0xE100), (0xF900, 0xFE00), (0xFE00, 0x10000),
          (0x10000, 0x12000), (0x1D100, 0x1D200), (0x1D400, 0x1D800), (0x1E000, 0x1F000), (0x1F300, 0x1FA00),
          (0x20000, 0x20100), (0x2B700, 0x2B940), (0x2F800, 0x2FA30), (0xE0000, 0xE0200)]


def scalar(rng):
    if rng.random() < 0.1:
        low, high = 0, 0x110000
    else:
        low, high = rng.choice(BLOCKS)
    while True:
        c = rng.randrange(low, high)
        if c != 0x0A and not 0xD800 <= c < 0xE000:
            return chr(c)


def random_word(rng):
    kind = rng.random()
    if kind < 0.08:
        return rng.choice(SPECIALS)
    if kind < 0.25:  # a base with a pile of marks, in any order
        marks = [rng.choice("\u0301\u0323\u0308\u0327\u0901\u302e\u302f\u093c\u3099\u1161\u11a8") for _ in range(4)]
        return scalar(rng) + "".join(marks[: rng.randrange(5)]) + scalar(rng)
    if kind < 0.27:  # around the length limit
        return rng.choice(["a", "é", "中", "\u0301", "ß", "한", "𝒲"]) * rng.randrange(95, 106)
    if kind < 0.6:  # one script
        low, high = rng.choice(BLOCKS)
        points = (rng.randrange(low, high) for _ in range(rng.randrange(1, 9)))
        return "".join(chr(c) for c in points if c != 0x0A and not 0xD800 <= c < 0xE000)
    return "".join(scalar(rng) for _ in range(rng.randrange(1, 6)))


def sentences(folder):
    """Every column of every .tsv that looks like text."""
    for path in sorted(pathlib.Path(folder).rglob("*.tsv")):
        for line in path.read_bytes().decode("utf-8").split("\n"):
            for field in line.rstrip("\r").split("\t"):
                if field.count(" ") > 2:
                    yield field


def make_lines(folder, count, seed):
    rng = random.Random(seed)
    real = rng.sample(list(sentences(folder)), count // 2) if folder else []
    lines = list(real)
    while len(lines) < count:
        words = [random_word(rng) for _ in range(rng.randrange(0, 12))]
        if real and rng.random() < 0.4:  # foreign matter inside a real sentence
            text = rng.choice(real)
            for word in words[:4]:
                at = rng.randrange(len(text) + 1)
                text = text[:at] + word + text[at:]
        else:
            text = rng.choice([" ", " ", "", "\t", "\u00a0", "\u3000"]).join(words)
        lines.append(text.rstrip("\r"))
    rng.shuffle(lines)
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--vocab", required=True)
    parser.add_argument("--data", help="a folder with .tsv files; without it all lines are random")
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    root = pathlib.Path(__file__).resolve().parent.parent.parent
    parser.add_argument("--command", default=f"{root}/scripts/masksub tokenize --kind bert --json")
    arguments = parser.parse_args()

    lines = make_lines(arguments.data, arguments.lines, arguments.seed)
    command = shlex.split(arguments.command) + ["--vocab", arguments.vocab]
    text = "".join(line + "\n" for line in lines).encode()
    output = subprocess.run(command, input=text, stdout=subprocess.PIPE, check=True).stdout.decode()
    ours = [json.loads(line) for line in output.split("\n") if line]
    if len(ours) != len(lines):
        sys.exit(f"{len(lines)} lines in, {len(ours)} lines out")

    reference = BertWordPieceTokenizer(arguments.vocab, lowercase=True)
    different = tokens = unknown = 0
    for line, mine, theirs in zip(lines, ours, reference.encode_batch(lines)):
        tokens += len(theirs.ids)
        unknown += theirs.tokens.count("[UNK]")
        if mine["ids"] != theirs.ids or mine["tokens"] != theirs.tokens:
            different += 1
            if different <= 5:
                print(json.dumps({"text": line, "ours": mine["tokens"], "reference": theirs.tokens}))
    print(f"{len(lines)} lines, {len(text)} bytes, {tokens} tokens ({unknown} unknown): {different} lines differ")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
