"""Writes the character tables of the caption cleaner:

    python scripts/reference/clip_bpe_tables.py Sources/SubData/Text/Repair

HTMLEntityTable.swift: the HTML5 names (Python's html.entities), and the upper-case names that ftfy accepts besides.
MojibakeTables.swift: the single-byte encodings, character classes and UTF-8 look-alikes of ftfy 6.3.1 (Apache-2.0),
and the normal width of half- and fullwidth forms (NFKC). Needs the Python package ftfy.
"""
import html
import html.entities
import os
import re
import sys
import textwrap

from ftfy import badness, chardata

target = sys.argv[1]
HEADER = "// Made by scripts/reference/clip_bpe_tables.py; do not edit.\n\n"


def hexes(text):
    return "+".join(f"{ord(c):x}" for c in text)


def literal(name, doc, words, indent="  "):
    lines = textwrap.wrap(" ".join(words), 116, break_long_words=False, break_on_hyphens=False)
    body = "\n".join(indent + "  " + line for line in lines)
    return f'{indent}/// {doc}\n{indent}static let {name} = """\n{body}\n{indent}  """\n'


def ranges(members):
    result, start = [], None
    members = sorted(members)
    for i, c in enumerate(members):
        if start is None:
            start = c
        if i + 1 == len(members) or members[i + 1] != c + 1:
            result.append(f"{start:x}" if start == c else f"{start:x}-{c:x}")
            start = None
    return result


names = html.entities.html5
words = []
for name in sorted(n for n in names if n.endswith(";")):
    bare = name[:-1]
    if bare in names:
        assert names[bare] == names[name]
    words.append(f"{bare}{'~' if bare in names else '='}{hexes(names[name])}")
assert all(n + ";" in names for n in names if not n.endswith(";"))
shouted = []
for entity, char in sorted(chardata.HTML_ENTITIES.items()):
    if entity[1:] not in names:
        shouted.append(f"{entity[1:-1]}={hexes(char)}")
with open(os.path.join(target, "HTMLEntityTable.swift"), "w") as f:
    f.write(HEADER)
    f.write("/// The named character references of HTML5, as text that `HTMLEntities` parses once.\n")
    f.write("enum HTMLEntityTable {\n")
    f.write(literal("names", "`name=hex[+hex]`; `~` in place of `=` where the name also counts without its semicolon.", words))
    f.write("\n")
    f.write(literal("shouted", "Lower-case names written in capitals, which only ftfy accepts.", shouted))
    f.write("}\n")

encodings = []
for encoding in chardata.CHARMAP_ENCODINGS[1:]:
    chars = bytes(range(128, 256)).decode(encoding)
    assert len(chars) == 128
    field = encoding.replace("sloppy-", "").replace("-", "_")
    encodings.append((field, encoding.startswith("sloppy"), [f"{ord(c):x}" for c in chars]))


def members(pattern):
    expression = re.compile(f"[{pattern}]")
    return [i for i in range(0x110000) if not 0xD800 <= i < 0xE000 and expression.match(chr(i))]


width = [f"{k:x}={hexes(v)}" for k, v in sorted(chardata.WIDTH_MAP.items()) if not 0xFF01 <= k <= 0xFF5E and k != 0x3000]
assert all(v == chr(k - 0xFEE0) for k, v in chardata.WIDTH_MAP.items() if 0xFF01 <= k <= 0xFF5E)
with open(os.path.join(target, "MojibakeTables.swift"), "w") as f:
    f.write(HEADER)
    f.write("/// Character tables of the mojibake detector: ftfy 6.3.1 (Robyn Speer, Apache-2.0).\nenum MojibakeTables {\n")
    for field, sloppy, codes in encodings:
        camel = re.sub(r"_(\w)", lambda m: m.group(1).upper(), field)
        kind = "holes are C1 controls" if sloppy else "complete"
        f.write(literal(camel, f"What the bytes 80 to FF of {field.replace('_', '-')} mean ({kind}).", codes) + "\n")
    f.write("  /// Members of each class, as ranges of code points.\n  static let classes: [(MojibakeClass, String)] = [\n")
    for name, pattern in badness.MOJIBAKE_CATEGORIES.items():
        camel = re.sub(r"_(\w)", lambda m: m.group(1).upper(), name)
        f.write(f'    (\n      .{camel},\n      """\n')
        for line in textwrap.wrap(" ".join(ranges(members(pattern))), 112):
            f.write(f"      {line}\n")
        f.write('      """\n    ),\n')
    for name, pattern in chardata.UTF8_CLUES.items():
        camel = re.sub(r"_(\w)", lambda m: m.group(1).upper(), name)
        f.write(f'    (\n      .{camel},\n      """\n')
        for line in textwrap.wrap(" ".join(ranges(members(pattern))), 112):
            f.write(f"      {line}\n")
        f.write('      """\n    ),\n')
    f.write("  ]\n\n")
    f.write(literal("widths", "Normal width of half- and fullwidth forms outside FF01-FF5E.", width))
    f.write("}\n")
