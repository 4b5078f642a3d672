"""Writes Tests/SubDataTests/Fixtures/wordpiece/scalars.json: digests of how Hugging Face's BERT normaliser and word
splitter treat every Unicode scalar, one FNV-1a digest per 4,096 code points, cased and uncased.

    python3 scripts/reference/wordpiece_scalars.py > Tests/SubDataTests/Fixtures/wordpiece/scalars.json

Digested, per scalar c: the words of c, then those of "a" + c + "b", then those of c + c; every word is followed by a
line feed, every one of the three lists by a second one.
"""
import json

from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

split = BertPreTokenizer().pre_tokenize_str
result = {}
for name, lowercase in (("uncased", True), ("cased", False)):
    normalize = BertNormalizer(lowercase=lowercase).normalize_str
    digests = []
    for block in range(0, 0x110000, 4096):
        digest = 0xCBF29CE484222325
        for code in range(block, block + 4096):
            if 0xD800 <= code < 0xE000:
                continue
            c = chr(code)
            for text in (c, f"a{c}b", c + c):
                words = "".join(word + "\n" for word, _ in split(normalize(text))) + "\n"
                for byte in words.encode():
                    digest = (digest ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
        digests.append(f"{digest:016x}")
    result[name] = digests
print(json.dumps(result))
