#!/usr/bin/env python3
"""Writes datasets/acceptability/{train,dev,test}.tsv: short English sentences, acceptable or not, in CoLA's format.

    scripts/make-acceptability.py [FOLDER]

Every draw takes one of the constructions below, which yields an acceptable sentence and the same sentence with one
thing broken. Both go into the same file, the broken one in two draws of three, so that no word tells the classes
apart. No sentence occurs twice, within a file or across files. Needs nothing but Python, whose own random numbers are
not used: the files are the same everywhere.
"""
import pathlib
import sys

TRAIN, DEV, TEST = 3600, 400, 100
BROKEN = 2 / 3


class Stream:
    """splitmix64 (Steele, Lea, Flood 2014)."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    def pick(self, items):
        return items[self.next() * len(items) >> 64]

    def chance(self, probability):
        return (self.next() >> 11) * 2.0**-53 < probability


stream = Stream(2306_11339)
pick, chance = stream.pick, stream.chance

# Lexicon. Nouns: singular, plural. Verbs: base, third person, past, participle, gerund.
MEN = [("boy", "boys"), ("father", "fathers"), ("king", "kings")]
WOMEN = [("girl", "girls"), ("mother", "mothers"), ("queen", "queens")]
ANYONE = [("teacher", "teachers"), ("doctor", "doctors"), ("student", "students"), ]
PEOPLE = MEN + WOMEN + ANYONE
THINGS = [("book", "books"), ("letter", "letters"), ("cake", "cakes"), ("picture", "pictures"), ("apple", "apples"),
          ("chair", "chairs"), ("lamp", "lamps")]
PLACES = ["garden", "kitchen", "street", "park", "library"]
HE, SHE = ["John", "Peter", "Tom", "David"], ["Mary", "Anna", "Susan", "Julia"]
NAMES = HE + SHE
ALONE = [("sleep", "sleeps", "slept", "slept", "sleeping"), ("laugh", "laughs", "laughed", "laughed", "laughing"),
         ("arrive", "arrives", "arrived", "arrived", "arriving"), ("smile", "smiles", "smiled", "smiled", "smiling"),
         ("fall", "falls", "fell", "fallen", "falling"), ("cough", "coughs", "coughed", "coughed", "coughing")]
WITH_OBJECT = [("take", "takes", "took", "taken", "taking"), ("find", "finds", "found", "found", "finding"),
               ("carry", "carries", "carried", "carried", "carrying"), ("buy", "buys", "bought", "bought", "buying"),
               ("break", "breaks", "broke", "broken", "breaking"), ("choose", "chooses", "chose", "chosen", "choosing")]
NEEDS_OBJECT = [v for v in WITH_OBJECT if v[0] not in ("break", "choose")]  # `Tom chose.` is fine.
TOWARDS_PEOPLE = [
    ("admire", "admires", "admired", "admired", "admiring"), ("help", "helps", "helped", "helped", "helping"),
    ("see", "sees", "saw", "seen", "seeing"), ("blame", "blames", "blamed", "blamed", "blaming"),
    ("invite", "invites", "invited", "invited", "inviting")]
GIVING = [("give", "gives", "gave", "given", "giving"), ("show", "shows", "showed", "shown", "showing"),
          ("send", "sends", "sent", "sent", "sending")]
ADJECTIVES = ["old", "young", "tall", "small", "happy", "clever"]
COLORS = ["red", "green", "heavy", "new", "large", "cheap"]
WHEN = ["yesterday", "last week", "after lunch", "today"]
PREPOSITIONS = ["in", "near", "behind"]
SINGULAR, PLURAL, EITHER = ["a", "this", "every"], ["these", "many", "two"], ["the"]
BASE, THIRD, PAST, PARTICIPLE, GERUND = range(5)


def noun(entry, plural):
    return entry[1 if plural else 0]


def determiner(plural, word):
    choice = pick((PLURAL if plural else SINGULAR) + EITHER * 4)
    return "an" if choice == "a" and word[0] in "aeiou" else choice


def phrase(entries, plural, adjectives=ADJECTIVES):
    """Determiner, perhaps an adjective, noun."""
    words = ([pick(adjectives)] if chance(0.12) else []) + [noun(pick(entries), plural)]
    return [determiner(plural, words[0])] + words


def someone():
    return [pick(NAMES)] if chance(0.5) else phrase(PEOPLE, chance(0.3))


def something():
    return phrase(THINGS, chance(0.3), COLORS)


def place():
    return [pick(PREPOSITIONS), "the", pick(PLACES)]


def tail():
    """An optional ending."""
    return (pick(WHEN).split() if chance(0.5) else place()) if chance(0.2) else []


def pronoun(plural):
    return [pick(["they", "we"] if plural else ["he", "she"])]


# Constructions: each returns (acceptable words, unacceptable words).
def agreement():
    plural = chance(0.5)
    subject = pronoun(plural) if chance(0.6) else phrase(PEOPLE, plural)
    verb = pick(ALONE) if chance(0.6) else pick(WITH_OBJECT)
    rest = something() if verb in WITH_OBJECT else tail()
    right, wrong = (BASE, THIRD) if plural else (THIRD, BASE)
    return subject + [verb[right]] + rest, subject + [verb[wrong]] + rest


def copula():
    plural, past = chance(0.5), chance(0.5)
    forms = ("was", "were") if past else ("is", "are")
    subject = pronoun(plural) if chance(0.5) else phrase(PEOPLE, plural)
    end = [pick(ADJECTIVES)] if chance(0.5) else place()
    if chance(0.3):
        subject, end = ["there"], phrase(PEOPLE + THINGS, plural, COLORS) + place()
        end[0] = pick(["two", "many"]) if plural else ("an" if end[1][0] in "aeiou" else "a")
    return subject + [forms[plural]] + end, subject + [forms[not plural]] + end


def determiners():
    plural = chance(0.5)
    entry, color = pick(THINGS), ([pick(COLORS)] if chance(0.1) else [])
    start = someone() + [pick(WITH_OBJECT)[PAST], pick(PLURAL if plural else ["this", "every", "one"])]
    end = tail()
    return start + color + [noun(entry, plural)] + end, start + color + [noun(entry, not plural)] + end


def word_order():
    subject, verb, rest, end = phrase(PEOPLE, chance(0.3)), pick(WITH_OBJECT)[PAST], something(), tail()
    good = subject + [verb] + rest + end
    kind = pick(["noun first", "verb last", "verb first", "adjective last"])
    if kind == "noun first":
        return good, subject[1:] + subject[:1] + [verb] + rest + end
    if kind == "verb last":
        return good, subject + rest + [verb] + end
    if kind == "verb first":
        return good, [verb] + subject + rest + end
    name, color = noun(pick(THINGS), False), pick(COLORS)
    return subject + [verb, "the", color, name] + end, subject + [verb, "the", name, color] + end


def arguments():
    kind = pick(["extra", "missing", "put", "give"])
    subject, end = someone(), tail()
    if kind == "extra":
        verb = pick(ALONE)[PAST]
        return subject + [verb] + end, subject + [verb] + something() + end
    if kind == "missing":
        verb = pick(NEEDS_OBJECT)[PAST]
        return subject + [verb] + something() + end, subject + [verb] + end
    if kind == "put":
        what = something()
        where = ["in", "the", pick(["basket", "kitchen", "garden"])]
        return subject + ["put"] + what + where, subject + ["put"] + (where if chance(0.5) else what)
    verb, what, whom = pick(GIVING)[PAST], something(), [pick(NAMES)]
    return subject + [verb] + what + ["to"] + whom, subject + [verb] + ["to"] + whom + what + ["to"]


def reflexives():
    him = chance(0.5)
    plural = chance(0.3)
    subject = phrase(MEN if him else WOMEN, plural)
    if chance(0.7) and not plural:
        subject = [pick(HE + ["he"] * 3 if him else SHE + ["she"] * 3)]
    verb = pick(TOWARDS_PEOPLE)[PAST]
    forms = ["himself", "herself", "themselves"]
    right = forms[2 if plural else 0 if him else 1]
    return subject + [verb, right] + tail_when(), subject + [verb, pick([f for f in forms if f != right])] + tail_when()


def tail_when():
    return pick(WHEN).split() if chance(0.3) else []


def questions():
    subject, verb, when = someone(), pick(WITH_OBJECT), tail_when()
    good = ["what", "did"] + subject + [verb[BASE]] + when
    bad = pick([
        ["what", "did"] + subject + [verb[BASE]] + something() + when,
        ["what"] + subject + ["did", verb[BASE]] + when,
        ["what", "did"] + subject + [verb[THIRD]] + when,
    ])
    return [*good, "?"], [*bad, "?"]


def verb_forms():
    subject, entry = [pick(NAMES)], pick(ALONE + WITH_OBJECT)
    rest = something() if entry in WITH_OBJECT else []
    auxiliary, right, wrong = pick([
        ("has", PARTICIPLE, GERUND), ("has", PARTICIPLE, BASE), ("is", GERUND, BASE), ("was", GERUND, THIRD),
        ("will", BASE, GERUND), ("must", BASE, THIRD), ("can", BASE, THIRD), ("will", BASE, THIRD)])
    words = [auxiliary] + (["not"] if chance(0.15) else [])
    return subject + words + [entry[right]] + rest, subject + words + [entry[wrong]] + rest


def pronoun_case():
    right, wrong = pick([("he", "him"), ("she", "her"), ("they", "them"), ("we", "us")])
    verb, end = pick(TOWARDS_PEOPLE)[PAST], tail_when()
    if chance(0.5):
        other = someone()
        return [right, verb] + other + end, [wrong, verb] + other + end
    other = someone()
    right, wrong = wrong, right
    if right == "her":  # `her` may begin a longer phrase; end the sentence after it.
        end = []
    return other + [verb, right] + end, other + [verb, wrong] + end


def passives():
    entry, what, whom = pick(WITH_OBJECT), something(), someone()
    plural = what[-1] in [p for _, p in THINGS]
    be = "were" if plural else "was"
    good = what + [be, entry[PARTICIPLE], "by"] + whom
    bad = pick([
        what + [be, entry[BASE], "by"] + whom,
        what + [be, pick(ALONE[:4] + ALONE[5:])[PARTICIPLE], "by"] + whom,
        what + [entry[PARTICIPLE], be, "by"] + whom,
        what + [be, entry[PARTICIPLE]] + whom + ["by"],
    ])
    return good, bad


def negation():
    subject, entry = phrase(PEOPLE, True), pick(ALONE)
    good = subject + [pick(["do", "did"]), "not", entry[BASE]]
    bad = pick([
        subject + ["did", "not", entry[THIRD]],
        subject + ["not", entry[BASE]],
        subject + [entry[BASE], "not", "do"],
        subject + ["does", "not", entry[BASE]],
    ])
    return good, bad


CONSTRUCTIONS = [agreement, agreement, copula, determiners, word_order, arguments, reflexives, questions, verb_forms,
                 pronoun_case, passives, negation]


def sentence(words):
    end = "?" if words[-1] == "?" else "."
    text = " ".join(w for w in words if w != "?")
    return text[0].upper() + text[1:] + end


def draw(seen):
    """The rows (construction, acceptable, text) of one draw."""
    construction = pick(CONSTRUCTIONS)
    texts = [sentence(words) for words in construction()]
    if chance(0.05) and not texts[0].endswith("?"):
        start = f"{pick(NAMES)} {pick(['thinks', 'said'])} that "
        texts = [start + sentence_inside(text) for text in texts]
    rows = [(construction.__name__.replace("_", "-"), good, text) for good, text in zip((True, False), texts)]
    if not chance(BROKEN):
        rows.pop()
    if any(text in seen for text in texts):
        return []
    seen.update(texts)
    return rows


def sentence_inside(text):
    first = text.split()[0]
    return text if first in NAMES else text[0].lower() + text[1:]


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent
                          / "datasets/acceptability")
    folder.mkdir(parents=True, exist_ok=True)
    seen = set()
    for name, count in (("train", TRAIN), ("dev", DEV), ("test", TEST)):
        rows = []
        while len(rows) < count:
            rows += draw(seen)
        del rows[count:]
        if name == "test":
            lines = ["index\tsentence"] + [f"{i}\t{text}" for i, (_, _, text) in enumerate(rows)]
        else:
            lines = [f"{source}\t{int(good)}\t{'' if good else '*'}\t{text}" for source, good, text in rows]
        (folder / f"{name}.tsv").write_bytes(("\n".join(lines) + "\n").encode())


if __name__ == "__main__":
    main()
