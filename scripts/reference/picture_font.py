"""Draws DejaVu Sans at the sizes in which masksub's pictures write, and prints Sources/SubTool/Pictures/DejaVuSans.swift.

    python3 scripts/reference/picture_font.py /usr/share/fonts/truetype/dejavu > Sources/SubTool/Pictures/DejaVuSans.swift

Needs Pillow and the fonts (Debian: fonts-dejavu-core).
"""
import base64
import sys

from PIL import Image, ImageDraw, ImageFont

# Latin-1, then what captions and axes need besides; the last one stands for all that are missing.
CHARACTERS = (
    [chr(code) for code in range(0x20, 0x7F)]
    + [chr(code) for code in range(0xA1, 0x100) if code != 0xAD]
    + list("ŒœŠšŽžŸ–—‘’“”•…€™−≈≠≤≥→←↑↓αβγδεηθκλμπρστφχωΔΣΩ√∞□")
)
FONTS = [("small", "DejaVuSans.ttf", 11), ("body", "DejaVuSans.ttf", 13), ("heading", "DejaVuSans-Bold.ttf", 14)]


def drawn(path, size):
    """height, ascent, and of every character: advance, left, top, width, height, then four bits a pixel."""
    font = ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
    ascent, descent = font.getmetrics()
    data = bytearray([ascent + descent, ascent])
    for character in CHARACTERS:
        left, top, right, bottom = font.getbbox(character)
        image = Image.new("L", (64, 64))
        ImageDraw.Draw(image).text((16, 16), character, font=font, fill=255)
        box = image.getbbox() or (16, 16, 16, 16)
        levels = [(value * 15 + 127) // 255 for value in image.crop(box).tobytes()]
        levels += [0] * (len(levels) % 2)
        data += bytes(
            [round(font.getlength(character)), box[0] - 16 + 128, box[1] - 16 + 128, box[2] - box[0], box[3] - box[1]])
        data += bytes(high << 4 | low for high, low in zip(levels[::2], levels[1::2]))
    return base64.b64encode(bytes(data)).decode()


def literal(text):
    lines = [text[start:start + 112] for start in range(0, len(text), 112)]
    return '"""\n' + "\n".join(f"    {line}\\" for line in lines[:-1]) + f"\n    {lines[-1]}\n" + '    """'


print('''/// DejaVu Sans, drawn at some sizes: the characters of every size in one order, four bits of grey a pixel, in base 64.
///
/// Written by `scripts/reference/picture_font.py`, which says how; do not edit. DejaVu Sans is free to embed and change:
/// Copyright (c) 2003 by Bitstream, Inc. All Rights Reserved. Bitstream Vera is a trademark of Bitstream, Inc. Copyright
/// (c) 2006 by Tavmjong Bah. All Rights Reserved. DejaVu changes are in public domain.
enum DejaVuSans {
  /// The characters; the last one stands for all others.
  static let characters = """''')
text = "".join(CHARACTERS).replace("\\", "\\\\").replace('"', '\\"')
cut = text.index("ø") + 1
print(f"    {text[:cut]}\\\n    {text[cut:]}\n    \"\"\"")
for name, file, size in FONTS:
    words = "bold, " if "Bold" in file else ""
    print(f"\n  /// {words}{size} pixels.".replace("/// bold", "/// Bold"))
    print(f"  static let {name} = {literal(drawn(f'{sys.argv[1]}/{file}', size))}")
print("}")
