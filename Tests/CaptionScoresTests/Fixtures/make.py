"""Makes words.json and scores.json with pycocoevalcap 1.2 (requirements.txt) and Java.

usage: python Tests/CaptionScoresTests/Fixtures/make.py
"""

import json
import os
import pathlib
import random
import sys

from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[2] / "launch/checks"))
import odd_captions  # noqa: E402

TRAPS = [
    "A man can't ride (two) horses.", "letter b.", "A letter b.", "a letter B.", "The cat!!", "???",
    "1 1/2 cups", "call (555) 123-4567", "it\u2019s O\u2019Brien\u2019s", "don`t 'n' roll",
    "black-and-white, 3-year-old", "e.g. Mr. Smith of the U.S.", "no. 5 and no. x", "AT&T at&t",
    "\u039f\u0394\u039f\u03a3 \u0130", "caf\u00e9 cafe\u0301 \u037e \U0001f600", "a\u00a0b", "", " "]
WORDS = "a the man dog bus red rides on near two snow beach horse plays in".split()


def tokenized(rows):
    return PTBTokenizer().tokenize({
        row: [{"caption": text} for text in texts] for row, texts in rows.items()})


def made_set():
    draws = random.Random(5)
    references, candidates = {}, {}
    for image in range(40, 60):
        first = draws.choices(WORDS, k=draws.randint(1, 12))
        texts = [first] + [
            [word if draws.random() < 0.7 else draws.choice(WORDS) for word in first]
            for _ in range(draws.randint(0, 4))]
        references[image] = [" ".join(words).capitalize() + "." for words in texts]
        candidates[image] = [" ".join(
            word if draws.random() < 0.8 else draws.choice(WORDS) for word in draws.choice(texts))]
    candidates[44] = [""]
    return references, candidates


def scores(references, candidates):
    truth, found = tokenized(references), tokenized(candidates)
    bleu = Bleu(4).compute_score(truth, found)
    rouge, cider = (scorer.compute_score(truth, found) for scorer in (Rouge(), Cider()))
    names = ["Bleu_1", "Bleu_2", "Bleu_3", "Bleu_4", "ROUGE_L", "CIDEr"]
    pairs = list(zip(*bleu)) + [rouge, cider]
    return {name: {"set": float(whole), "images": [float(value) for value in each]}
            for name, (whole, each) in zip(names, pairs)}


def main():
    captions = TRAPS + odd_captions.captions(7, 400)
    words = tokenized({number: [caption] for number, caption in enumerate(captions)})
    write("words.json", {"captions": captions, "words": [
        words[number][0] for number in range(len(captions))]})
    references, candidates = made_set()
    write("scores.json", {
        "images": [{"id": image, "references": references[image],
                    "candidate": candidates[image][0]} for image in references],
        "scores": scores(references, candidates)})


def write(name, value):
    (FOLDER / name).write_text(json.dumps(value, indent=0) + "\n")


os.environ["LC_ALL"] = "C.UTF-8"
main()
