"""Writes Sources/SubData/Text/BertUnicodeTables.swift by asking the Hugging Face tokenizer about every Unicode scalar.

    python3 scripts/reference/wordpiece_tables.py > Sources/SubData/Text/BertUnicodeTables.swift

The reference (package `tokenizers`, tried with 0.23.3) mixes Unicode versions: categories of 8.0, decompositions and
lower-case mappings of others. Probing it scalar by scalar gives what it does, whatever the versions are.
"""
import unicodedata

import tokenizers
from tokenizers.normalizers import NFD, BertNormalizer, Lowercase
from tokenizers.pre_tokenizers import BertPreTokenizer

SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def normalizer(**on):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return BertNormalizer(**{**off, **on}).normalize_str


clean, cjk, strip = normalizer(clean_text=True), normalizer(handle_chinese_chars=True), normalizer(strip_accents=True)
lower, nfd, split = Lowercase().normalize_str, NFD().normalize_str, BertPreTokenizer().pre_tokenize_str

# One mark of every combining class that exists, to find the class of any scalar by how the two are ordered.
representative = {}
for c in SCALARS:
    k = unicodedata.combining(chr(c))
    if k and k not in representative and nfd(chr(c)) == chr(c) and nfd("a" + chr(c) + "\u0334").startswith("a"):
        representative[k] = chr(c)


def combining_class(c):
    """0 for a starter, else the canonical combining class as the reference has it."""
    c = chr(c)
    if nfd(c + "\u0334") == c + "\u0334" and nfd("\u0345" + c) == "\u0345" + c:
        return 0
    for k, r in representative.items():
        if nfd(c + r) == c + r and nfd(r + c) == r + c:
            return k
    raise ValueError(hex(ord(c)))


removed, spaces, ideographs, punctuation, vanish, separate = [], [], [], [], [], []
decomposed, lowered, classes, white = {}, {}, {}, []
for c in SCALARS:
    s = chr(c)
    if clean(s) == "":
        removed.append(c)
    elif clean(s) == " ":
        spaces.append(c)
    else:
        assert clean(s) == s
    if cjk(s) == f" {s} ":
        ideographs.append(c)
    else:
        assert cjk(s) == s
    words = [w for w, _ in split(f"a{s}b")]
    if words == ["a", s, "b"]:
        punctuation.append(c)
    elif words == ["a", "b"]:
        white.append(c)
    else:
        assert words == [f"a{s}b"]
    d = strip(s)
    if d == "":
        (vanish if all(combining_class(ord(x)) for x in nfd(s)) else separate).append(c)
    elif d == s:
        if combining_class(c):
            classes[c] = combining_class(c)
    elif not 0xAC00 <= c < 0xD7A4:
        decomposed[c] = [ord(x) for x in d]
    else:
        i = c - 0xAC00
        jamo = [0x1100 + i // 588, 0x1161 + i % 588 // 28] + ([0x11A7 + i % 28] if i % 28 else [])
        assert [ord(x) for x in d] == jamo
    if lower(s) != s:
        lowered[c] = [ord(x) for x in lower(s)]


def ranges(scalars):
    out = []
    for c in scalars:
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return " ".join(f"{a:X}" if a == b else f"{a:X}-{b:X}" for a, b in out)


def mapping(table):
    """Runs `start=a,b+c,…`: start becomes a, start+1 becomes b c, …; `start*n@step=a`: start, start+step, … become
    a, a+step, … (n scalars)."""
    items, out, i = sorted(table.items()), [], 0
    while i < len(items):
        best = (1, 1)
        for step in (1, 2):
            n = 1
            while i + n < len(items) and items[i + n][0] == items[i][0] + n * step and len(items[i][1]) == 1 \
                    and items[i + n][1] == [items[i][1][0] + n * step]:
                n += 1
            best = max(best, (n, step))
        if best[0] >= 3:
            out.append(f"{items[i][0]:X}*{best[0]}@{best[1]}={items[i][1][0]:X}")
            i += best[0]
            continue
        run, start = f"{items[i][0]:X}=", items[i][0]
        while i < len(items) and items[i][0] == start + run.count(",") + (run[-1] != "="):
            value = "+".join(f"{x:X}" for x in items[i][1])
            if len(run) + len(value) > 100:
                break
            run += ("" if run[-1] == "=" else ",") + value
            i += 1
        out.append(run)
    return " ".join(out)


def literal(name, doc, text, last=False):
    print(f'  /// {doc}\n  static let {name}: StaticString = """')
    line = ""
    for item in text.split(" "):
        if len(line) + len(item) + 1 > 112:
            print(f"    {line} \\")
            line = ""
        line += (" " if line else "") + item
    print(f'    {line}\n    """' + ("" if last else "\n"))


print(f"""/// Unicode as Hugging Face's BERT tokenizer knows it, in hexadecimal.
///
/// Written by `scripts/reference/wordpiece_tables.py`, which asks `tokenizers` {tokenizers.__version__} about every scalar:
/// its categories are Unicode 8's, its decompositions and case mappings are newer. Do not edit.
/// `BertUnicode` says what the notations `A-B`, `A=B,C+D` and `A*n@step=B` mean.
enum BertUnicodeTables {{""")
literal("removed", "Controls, format characters and private use: dropped without splitting the word.", ranges(removed))
literal("spaces", "White space that cleaning turns into U+0020.", ranges(spaces))
literal("white", "White space that splits words.", ranges(white))
literal("ideographs", "Scalars that stand alone as words (the reference lacks 2B820-2B91F).", ranges(ideographs))
literal("punctuation", "ASCII symbols and category P.", ranges(punctuation))
literal("marks", "Nonspacing marks with a combining class, which accent stripping drops.", ranges(vanish))
literal("separatingMarks", "Nonspacing marks of class 0: dropped too, but marks on either side keep their order.",
        ranges(separate))
literal("combiningClasses", "Marks that stay, with their canonical combining class.",
        " ".join(f"{c:X}={k:X}" for c, k in sorted(classes.items())))
literal("decompositions", "Canonical decompositions without their nonspacing marks; Hangul is arithmetic.",
        mapping(decomposed))
literal("lowercase", "Lower-case mappings, scalar by scalar.", mapping(lowered), last=True)
print("}")
