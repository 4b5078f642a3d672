"""Reads the outlines of DejaVu Sans with which masksub's pictures write, and prints Sources/SubTool/Pictures/DejaVuSans.swift.

    python3 scripts/reference/picture_font.py /usr/share/fonts/truetype/dejavu > Sources/SubTool/Pictures/DejaVuSans.swift

Needs fontTools (Debian: python3-fonttools) and the fonts (fonts-dejavu-core).
"""
import base64
import sys

from fontTools.ttLib import TTFont

# Latin-1, then what captions and axes need besides; the last one stands for all that are missing.
CHARACTERS = (
    [chr(code) for code in range(0x20, 0x7F)]
    + [chr(code) for code in range(0xA1, 0x100) if code != 0xAD]
    + list("ŒœŠšŽžŸ–—‘’“”•…€™−≈≠≤≥→←↑↓αβγδεηθκλμπρστφχωΔΣΩ√∞□")
)
FONTS = [("regular", "DejaVuSans.ttf"), ("bold", "DejaVuSans-Bold.ttf")]
# Units of an em; what is added to coordinates so that each is a byte.
UNITS, LEFT, BELOW = 180, 40, 50


def outlines(path):
    """Of every character: advance, contours; of each of these: points, which of them lie on the curve, x and y."""
    font = TTFont(path)
    names, glyphs, scale = font.getBestCmap(), font["glyf"], UNITS / font["head"].unitsPerEm
    data = bytearray()
    for character in CHARACTERS:
        name = names[ord(character)]
        points, ends, flags = glyphs[name].getCoordinates(glyphs)
        data += bytes([round(font["hmtx"][name][0] * scale), len(ends)])
        start = 0
        for end in ends:
            on = [flags[place] & 1 for place in range(start, end + 1)] + [0] * (-(end + 1 - start) % 8)
            data.append(end + 1 - start)
            data += bytes(sum(bit << place for place, bit in enumerate(on[byte:byte + 8])) for byte in range(0, len(on), 8))
            for x, y in points[start:end + 1]:
                data += bytes([round(x * scale) + LEFT, round(y * scale) + BELOW])
            start = end + 1
    return base64.b64encode(bytes(data)).decode()


def literal(text):
    lines = [text[start:start + 112] for start in range(0, len(text), 112)]
    return '"""\n' + "\n".join(f"    {line}\\" for line in lines[:-1]) + f"\n    {lines[-1]}\n" + '    """'


print(f'''/// The outlines of DejaVu Sans: of the characters in their order the advance, the number of contours, and of each the number of
/// points, a bit for every point that lies on the curve (else it bends it, as TrueType has it), and x and y; {UNITS} units are an
/// em, {LEFT} and {BELOW} are added to x and y. In base 64.
///
/// Written by `scripts/reference/picture_font.py`; do not edit. DejaVu Sans is free to embed and change: Copyright (c) 2003 by
/// Bitstream, Inc. All Rights Reserved. Bitstream Vera is a trademark of Bitstream, Inc. Copyright (c) 2006 by Tavmjong Bah. All
/// Rights Reserved. DejaVu changes are in public domain.
enum DejaVuSans {{
  static let (units, left, below) = ({UNITS}, {LEFT}, {BELOW})

  /// The characters; the last one stands for all others.
  static let characters = """''')
text = "".join(CHARACTERS).replace("\\", "\\\\").replace('"', '\\"')
cut = text.index("ø") + 1
print(f"    {text[:cut]}\\\n    {text[cut:]}\n    \"\"\"")
for name, file in FONTS:
    print(f"\n  static let {name} = {literal(outlines(f'{sys.argv[1]}/{file}'))}")
print("}")
