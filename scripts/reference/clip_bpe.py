"""Makes the tokenizer's reference lines from open_clip (3.3.0), ftfy (6.3.1) and regex.

    python scripts/reference/clip_bpe.py lines 10000 SEED OUT.jsonl [TEXTFILE ...]
    python scripts/reference/clip_bpe.py fixture VECTORS.json Tests/SubDataTests/Fixtures/bpe

`lines` writes mixed lines (captions, many scripts, mojibake, references, random characters; lines of the text files
besides), each with its cleaned text and ids (no start, end or cut). `fixture` writes 400 such lines and the merges
that they and the vectors need, with their ranks, so that the tests do without the vocabulary's 262,145 merges.
"""
import html.entities
import json
import os
import random
import sys
import unicodedata

import regex
from open_clip.tokenizer import SimpleTokenizer

PHRASES = """a photo of a cat|two red circles above a blue square|itap of my dog, sleeping on the couch!|rock 'n' roll
I'm sure they've said it's what we'd do; you'll see|state-of-the-art 24/7 re-use (50% off) $99.99|snake_case #tag @me
Voilà le café déjà vu, naïve façade à l'été|über die Straße in München, Öl und Äpfel|El niño comió piñas en Español
São Paulo é a maior cidade, ação e coração|Zażółć gęślą jaźń|Příliš žluťoučký kůň úpěl ďábelské ódy|Çok güzel İstanbul ışığı
Фото кота на крыше, Ёлка и снег|Η γάτα κάθεται στο ΣΠΙΤΙ ΟΔΥΣΣΕΥΣ|שלום עולם תמונה של חתול|صورة قطة على السطح
नमस्ते दुनिया फोटो|ภาพแมวบนหลังคา|一张猫的照片，在屋顶上。|猫の写真ｶﾞｷﾞｸﾞ「こんにちは」|고양이 사진 지붕 위에서|Tiếng Việt có dấu
naïve résumé — “curly quotes” ‘single’ … €20 £5 ¥100|½ cup ¾ tsp 5×5 ±3° 20℃ №7 ™®©|smile 😀👍🏽 👨‍👩‍👧‍👦 🇫🇷 ❤️ ✔ flag
ﬁne ﬂow oﬃce ĳ ǆ ŉ|ＦＵＬＬ　ＷＩＤＴＨ １２３！|x² y³ H₂O ᵃᵇᶜ Ⅳ ① ㈱ ㎏|Ångström Å Ω K|ſo long 'ſ don'ſ <ſtart_of_text>
<start_of_text> hello <end_of_text>|<b>bold &amp; text</b>|<|startoftext|>|AT&amp;amp;T &lt;3 &#39;ok&#x27;|&eacute;&Eacute;&EACUTE; &nbsp;x
a &amp b &notit; &copy 2020 &#128512; &#x1F600 &#0; &#x80; &#xD800; &bogus;|ΑΣ ΑΣΑ Σ ΣΑ αΣ. ΑΣ' ΑΣ\u0301 ΑΣ\u00ad
don't DON'T I'LL we'RE 'tis o'clock 'S 'RE' ''s|caf\u0065\u0301 nai\u0308ve A\u030angstrom \u1100\u1161\u11a8 \u0928\u093c""".replace("\n", "|").split("|")
MIXERS = ["latin-1", "sloppy-windows-1252", "sloppy-windows-1251", "sloppy-windows-1250", "sloppy-windows-1253",
          "sloppy-windows-1254", "sloppy-windows-1257", "iso-8859-2", "macroman", "cp437"]
NAMES = sorted(html.entities.html5)
SPACES = "\t\n\r\x0b\x0c\x1c\x1f \x85\xa0\u1680\u2003\u2028\u2029\u202f\u205f\u3000\u200b\ufeff"
NOISE = "\x00\x07\x1a\x1b\x7f\x80\x85\x92\x9d\ufffd\u206a\ufff9\ufffc\xad\u200d\u200e\u02bc\u201b\u201f\u0345\u0307"
BLOCKS = [(0x20, 0x7f), (0x80, 0x100), (0x100, 0x250), (0x250, 0x370), (0x370, 0x400), (0x400, 0x530), (0x590, 0x750),
          (0x900, 0xe80), (0x1000, 0x1200), (0x1e00, 0x2000), (0x2000, 0x2070), (0x2070, 0x2300), (0x2500, 0x2800),
          (0x3000, 0x3100), (0x4e00, 0x9fff), (0xac00, 0xd7a4), (0xf900, 0xfb50), (0xfe00, 0x10000), (0x10000, 0x10900),
          (0x1d400, 0x1d800), (0x1f300, 0x1fb00), (0x0, 0x110000)]


def mojibake(draw, text):
    for _ in range(draw.choice([1, 1, 1, 2])):
        encoding = draw.choice(MIXERS)
        mixed = text.encode("utf-8").decode(encoding, "replace")
        text = mixed if draw.random() < 0.9 else mixed.replace("\xa0", " ").replace("\x9d", "\ufffd")
    return text


def line(draw, texts):
    kind = draw.randrange(10)
    if kind == 0 and texts:
        return draw.choice(texts)
    if kind <= 2:
        return " ".join(draw.sample(PHRASES, draw.randint(1, 3)))
    if kind == 3:
        return mojibake(draw, draw.choice(PHRASES))
    if kind == 4:
        return draw.choice(PHRASES) + draw.choice(["", " ", "\n"]) + mojibake(draw, draw.choice(PHRASES))
    if kind == 5:
        parts = ["&" + draw.choice(NAMES) for _ in range(draw.randint(1, 5))]
        return draw.choice(["", " ", "x"]).join(parts) + draw.choice(["", " <", "&#%d" % draw.randrange(0x3000)])
    if kind == 6:
        text = list(draw.choice(PHRASES))
        for _ in range(draw.randint(1, 8)):
            text.insert(draw.randint(0, len(text)), draw.choice(draw.choice([SPACES, NOISE, "&;<'\x1b[0m"])))
        return "".join(text)
    if kind == 7:
        pool = "aZ .,?!ÃÂâà€œŠš¢£Ÿž\xa0\xad®©°·»ØÙÐÎ×²³√±∂†≠‚Äìîïâóäêвђ‡ВГРСўβ€™ΒΓΞΟāĂÅŒÿ¦¤¨¬¯¸ƒ§¶¡«¿“”•│═█ÒöőΆёÞþ\x80\x93µ½\ufffd"
        return "".join(draw.choice(pool) for _ in range(draw.randint(1, 24)))
    low, high = draw.choice(BLOCKS)
    count = draw.randint(1, 30)
    if kind == 8:
        points = [draw.randrange(low, high) for _ in range(count)]
    else:
        points = [draw.randrange(*draw.choice(BLOCKS)) for _ in range(count)]
    return "".join(chr(p) for p in points if not 0xD800 <= p < 0xE000)


class Recorder(dict):
    """The ranks; remembers those that won, all that a later run needs."""

    def __init__(self, ranks):
        super().__init__(ranks)
        self.used = set()

    def __contains__(self, pair):
        found = super().__contains__(pair)
        if found:
            self.used.add(pair)
        return found


def records(tokenizer, texts):
    for text in texts:
        yield {"text": text, "cleaned": tokenizer.clean_fn(text), "ids": tokenizer.encode(text)}


if __name__ == "__main__":
    tokenizer = SimpleTokenizer()
    print("Unicode", unicodedata.unidata_version, "regex", regex.__version__)
    if sys.argv[1] == "lines":
        draw = random.Random(int(sys.argv[3]))
        texts = [l for p in sys.argv[5:] for l in open(p, encoding="utf-8").read().split("\n") if l]
        lines = [line(draw, texts) for _ in range(int(sys.argv[2]))]
        with open(sys.argv[4], "w") as out:
            for record in records(tokenizer, lines):
                out.write(json.dumps(record) + "\n")
    else:
        tokenizer.bpe_ranks = Recorder(tokenizer.bpe_ranks)
        vectors = json.load(open(sys.argv[2]))["vectors"]
        for vector in vectors:
            ids = [49406] + tokenizer.encode(vector["text"]) + [49407]
            assert vector["ids"] == (ids if len(ids) <= 77 else ids[:76] + [49407]), vector["name"]
        draw = random.Random(7)
        # Letters younger than Python's Unicode have no lower case there, so that assigned characters alone remain.
        lines = [line(draw, []) for _ in range(900)]
        lines = [l for l in lines if all(unicodedata.category(c) not in ("Cn", "Co") for c in l)][:400]
        with open(os.path.join(sys.argv[3], "lines.jsonl"), "w") as out:
            for record in records(tokenizer, lines):
                out.write(json.dumps(record) + "\n")
        with open(os.path.join(sys.argv[3], "merges.txt"), "w") as out:
            for rank, pair in sorted((tokenizer.bpe_ranks[p], p) for p in tokenizer.bpe_ranks.used):
                out.write(f"{rank} {pair[0]} {pair[1]}\n")
