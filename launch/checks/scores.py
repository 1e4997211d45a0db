"""The comparison of launch/checks/scores: PROGRAMS."""

import contextlib
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile
from collections import Counter

import numpy
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.meteor import meteor
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

import odd_captions

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(sys.argv[1]).resolve()
JAR = pathlib.Path(meteor.__file__).parent / meteor.METEOR_JAR
BOUND = 1e-12
ODD = 100_000
NAMES = ["Bleu_1", "Bleu_2", "Bleu_3", "Bleu_4", "ROUGE_L", "CIDEr", "CIDEr_plain", "METEOR"]


@contextlib.contextmanager
def quiet():
    """Java's warnings and the packages' prints go nowhere."""
    saved = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        with contextlib.redirect_stdout(open(os.devnull, "w")):
            yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


def packed(name):
    """The captions of a set of records."""
    run = subprocess.run(
        [PROGRAMS / "coca-shard", "list", "--text", f"data/records/{name}"],
        capture_output=True, text=True, check=True, cwd=ROOT)
    rows = [line.split("\t") for line in run.stdout.splitlines()]
    return [caption for row in rows for caption in (row + [""])[1].split(" | ")]


def sources():
    found = {}
    for name in ("stamps", "emoji", "emojione", "tones"):
        captions = packed(name)
        found[name] = list(dict.fromkeys(" ".join(text.splitlines()) for text in captions))
    return found | {"odd": odd_captions.captions(1, ODD)}


def reference_words(captions):
    with quiet():
        rows = PTBTokenizer().tokenize({
            number: [{"caption": caption}] for number, caption in enumerate(captions)})
    return [rows[number][0] for number in range(len(captions))]


def own_words(captions):
    run = subprocess.run(
        [PROGRAMS / "inputs-check", "words"], capture_output=True, text=True, check=True,
        input="".join(json.dumps(caption) + "\n" for caption in captions))
    return [json.loads(line) for line in run.stdout.splitlines()]


def check_words(captions):
    print(f"{'captions':12}{'number':>9}{'differ':>9}")
    good = True
    for name, texts in captions.items():
        pairs = list(zip(texts, own_words(texts), reference_words(texts), strict=True))
        others = [pair for pair in pairs if pair[1] != pair[2]]
        print(f"{name:12}{len(texts):9}{len(others):9}")
        for text, own, reference in others[:5]:
            print(f"  {text!a}\n    here      {own!a}\n    reference {reference!a}")
        good &= not others
    return good


def plain_cider(references, candidates):
    """CIDEr without the penalties of CIDEr-D (Vedantam et al. 2015, equations 1 to 3)."""
    def counts(text, length):
        words = text.split()
        return Counter(tuple(words[start:start + length])
                       for start in range(len(words) - length + 1))

    total = []
    for length in range(1, 5):
        found = Counter(gram for texts in references.values()
                        for gram in set().union(*(counts(text, length) for text in texts)))

        def weights(text):
            return {gram: count * (math.log(len(references)) - math.log(max(1, found[gram])))
                    for gram, count in counts(text, length).items()}

        def norm(vector):
            return math.sqrt(sum(value ** 2 for value in vector.values()))

        row = []
        for image, texts in references.items():
            own, sims = weights(candidates[image][0]), []
            for text in texts:
                other = weights(text)
                sims.append(sum(value * other.get(gram, 0) for gram, value in own.items())
                            / ((norm(own) * norm(other)) or 1))
            row.append(numpy.mean(sims))
        total.append(row)
    images = 10 * numpy.mean(total, axis=0)
    return images.mean(), images


def truth(images):
    """Scores by name: of the set and of each image."""
    with quiet():
        tokenizer = PTBTokenizer()
        references = tokenizer.tokenize({
            image: [{"caption": text} for text in texts] for image, (_, texts) in images.items()})
        candidates = tokenizer.tokenize({
            image: [{"caption": text}] for image, (text, _) in images.items()})
        bleu = Bleu(4).compute_score(references, candidates)
        return dict(zip(NAMES, list(zip(*bleu)) + [
            Rouge().compute_score(references, candidates),
            Cider().compute_score(references, candidates),
            plain_cider(references, candidates), meteor.Meteor().compute_score(references, candidates)]))


def own(images):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        notes = [{"id": 0, "image_id": image, "caption": text}
                 for image, (_, texts) in images.items() for text in texts]
        (folder / "references.json").write_text(json.dumps(
            {"images": [{"id": image} for image in images], "annotations": notes}))
        (folder / "results.json").write_text(json.dumps(
            [{"image_id": image, "caption": text} for image, (text, _) in images.items()]))
        run = subprocess.run(
            [PROGRAMS / "coca-eval", "score-captions", "results.json", "references.json", "--json",
             "--per-image", "images.jsonl", "--meteor-jar", JAR],
            cwd=folder, capture_output=True, text=True)
        if run.returncode:
            sys.exit(f"launch/checks/scores: {run.stderr}")
        rows = [json.loads(line) for line in (folder / "images.jsonl").open()]
        return json.loads(run.stdout), rows


def changed(draws, text):
    """A caption that shares some words with another."""
    words = text.split()
    for _ in range(draws.randint(0, 3)):
        place = draws.randrange(len(words) + 1)
        words[place:place + draws.randint(0, 2)] = draws.choices(words or ["a"], k=1)
    return " ".join(words[:draws.randint(0, 20)])


def judged_set(captions, count, most, seed):
    """Images with one to `most` references that are made of one caption."""
    draws = random.Random(seed)
    images = {}
    for image in range(1, count + 1):
        text = draws.choice(captions)
        references = [text] + [changed(draws, text) for _ in range(draws.randrange(most))]
        images[image] = (changed(draws, draws.choice(references)), references)
    return images


SMALL = {
    1: ("a man riding a horse on a beach", [
        "a man rides a horse on the beach", "a person riding a horse near the sea"]),
    2: ("a dog in the snow", ["two dogs play in the snow", "dogs playing in snow"]),
    3: ("", ["a red bus"])}


def check_scores(captions):
    sets = {"three images": SMALL, "one image": {7: SMALL[1]}}
    for name in ("stamps", "emojione"):
        sets[name] = judged_set(captions[name], 1000, 5, 1)
    sets["odd"] = judged_set(captions["odd"], 3000, 6, 2)
    print(f"\nlargest relative differences\n{'set':14}{'images':>8}"
          + "".join(f"{name:>13}" for name in NAMES))
    worst = 0
    for name, images in sets.items():
        expected, (found, rows) = truth(images), own(images)
        differences = []
        for score in NAMES:
            whole, each = expected[score]
            pairs = [(found[score], whole)] + list(zip([row[score] for row in rows], each))
            differences.append(max(difference(*pair) for pair in pairs))
        worst = max([worst] + differences)
        print(f"{name:14}{len(images):8}" + "".join(f"{value:13.1e}" for value in differences))
    return worst <= BOUND


def difference(a, b):
    return 0 if a == b else abs(a - b) / max(abs(a), abs(b))


captions = sources()
words = check_words(captions)
sys.exit(0 if check_scores(captions) and words else 1)
