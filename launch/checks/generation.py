"""The comparison of launch/checks/generation: PROGRAMS NEWER.

NEWER is a folder with transformers 5.24.0; the interpreter's own is 4.57.1.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from PIL import Image
from small_models import (
    OPEN_CLIP, PAIRS, ROOT, STAMPS, TINY, VOCABULARY, captions, load, pictures, run, train)

NEWER = sys.argv[2]
FIXTURES = ROOT / "Tests/CoCaModelTests/Fixtures"
# Of tabled scores; of near ties, whose ids may differ; of scores of float32 models, some of which
# are sums of 31 numbers.
SAME, NEAR, SUMS = 1e-9, 1e-4, 1e-3
MODELS = {
    "paper": {"model": TINY},
    "openclip": {"tokenizer": str(VOCABULARY), "model": OPEN_CLIP},
}
# What Hugging Face calls it, and what coca-eval does where that differs.
CASES = [
    {}, {"repetition_penalty": 1.3, "no_repeat_ngram_size": 2}, {"min_new_tokens": 6},
    {"num_beams": 2}, {"num_beams": 3, "max_new_tokens": 9, "min_new_tokens": 4},
    {"num_beams": 4, "length_penalty": 0.0, "early_stopping": "never"},
    {"num_beams": 5, "length_penalty": 2.0, "early_stopping": True},
    {"num_beams": 6, "repetition_penalty": 1.2, "no_repeat_ngram_size": 3},
    {"num_beams": 6, "early_stopping": "never", "max_new_tokens": 12},
]


def python(script, *arguments, newer):
    """What a script prints under one of both versions of transformers."""
    path = {"PYTHONPATH": NEWER} if newer else {}
    done = subprocess.run(
        [sys.executable, "-B", "-P", "-W", "ignore", script, *map(str, arguments)],
        env=os.environ | path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"launch/checks/generation: {script} ended with {done.returncode}: {done.stderr}")
    return done.stdout


class Row:
    """A line of the table."""

    def __init__(self, name, bound, tie=0.0):
        self.name, self.bound, self.tie = name, bound, tie
        self.total = self.same = self.near = 0
        self.farthest = 0.0

    def add(self, ids, score, true_ids, true_score):
        distance = abs(score - true_score)
        self.total += 1
        self.same += ids == true_ids
        self.near += ids != true_ids and distance <= self.tie
        self.farthest = max(self.farthest, distance)

    def good(self):
        return self.same + self.near == self.total > 0 and self.farthest <= self.bound

    def __str__(self):
        return (f"{self.name:42}{self.total:9}{self.same:9}{self.near:12}{self.farthest:14.1e}"
                f"{self.bound:9.0e}{'' if self.good() else '  TOO FAR'}")


def tables(scratch):
    """The fixtures that the tests have, beside new ones."""
    for kind, name, key, newer in (
            ("beams", "decoding.json", "searches", True),
            ("groups", "groups.json", "groups", False)):
        python(FIXTURES / "make_decoding.py", kind, scratch, newer=newer)
        made = json.loads((scratch / name).read_text())
        kept = json.loads((FIXTURES / name).read_text())
        row = Row(f"fixture made again: {key}", SAME)
        for new, old in zip(made[key], kept[key], strict=True):
            for texts, expected in zip(new["images"], old["images"], strict=True):
                for text, truth in zip(texts, expected, strict=True):
                    row.add(text["ids"], text["score"] or 0.0, truth["ids"], truth["score"] or 0.0)
        yield row
        if "filters" in made:
            row = Row("fixture made again: filters", SAME)
            for new, old in zip(made["filters"], kept["filters"], strict=True):
                for one, other in zip(new["probabilities"], old["probabilities"], strict=True):
                    row.add([], one, [], other)
            yield row


def options(case):
    """A case as the options of coca-eval."""
    for name, value in case.items():
        text = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
        yield from ("--" + name.replace("_", "-"), text)
    if "num_beams" in case:
        yield from ("--num-return-sequences", str(case["num_beams"]))


def beside_transformers(name, folder, files):
    for prompt in ("", "a"):
        row = Row(f"{name}, prompt '{prompt}': transformers", SUMS, NEAR)
        job = folder / "job.json"
        job.write_text(json.dumps(
            {"model": str(folder / "model"), "files": files, "prompt": prompt, "cases": CASES}))
        truth = json.loads(
            python(ROOT / "launch/checks/generation_partner.py", job, newer=True))
        for case, expected in zip(CASES, truth, strict=True):
            found = captions(folder, files, "--prompt", prompt, *options(case))
            for line, (ids, score) in zip(found, expected, strict=True):
                row.add(line["tokens"], line["score"], ids, score)
        yield row


def beside_open_clip(folder, files):
    """open_clip 3.3.0's own greedy captions of the model, exported to its layout."""
    sys.modules["pytorch"] = None  # torchvision would take the script of this name for a package
    import torch
    sys.path.insert(0, str(ROOT / "Tests/ParityTests/Fixtures"))
    from open_clip_reference import greedy, open_clip
    run("coca-convert", "export", folder / "run", "--to", folder / "clip", "--format", "openclip")
    model = open_clip.create_model(f"local-dir:{folder / 'clip'}").eval()
    preprocess = load(folder / "model").preprocess
    seen = torch.stack([preprocess(Image.open(file)) for file in files])
    row = Row("openclip: open_clip's own greedy captions", SAME)
    limit = 20
    with torch.no_grad():
        truth = greedy(model, seen, 49406, 49407, limit)
    found = captions(folder, files, "--greedy", "--max-tokens", str(limit))
    for line, ids in zip(found, truth, strict=True):
        row.add(line["tokens"], 0.0, ids, 0.0)
    return row


def main():
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        rows += tables(scratch)
        files = pictures(scratch)[:STAMPS]
        run("coca-shard", "pack", PAIRS, "--to", scratch / "records", "--limit", STAMPS)
        for name, settings in MODELS.items():
            folder = scratch / name
            folder.mkdir()
            train(folder, settings)
            rows += beside_transformers(name, folder, files)
            if name == "openclip":
                rows.append(beside_open_clip(folder, files))
    tests = subprocess.run(
        ["swift", "test", "--filter", "DecodingTests"], cwd=ROOT, capture_output=True, text=True)
    print(tests.stdout if tests.returncode else "DecodingTests pass: the same ids as the fixtures, "
          "scores within 1e-9")
    print(f"{'':42}{'captions':>9}{'same ids':>9}{'near ties':>12}{'largest':>14}{'bound':>9}")
    print(*rows, sep="\n")
    sys.exit(0 if tests.returncode == 0 and all(row.good() for row in rows) else 1)


main()
