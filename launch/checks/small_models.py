"""Small models that the checks train, export and ask: what these scripts have in common.

The first argument of such a script is the folder of the programs.
"""
import importlib.util
import json
import pathlib
import subprocess
import sys

from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(sys.argv[1]).resolve()
OPEN_CLIP_PACKAGE = importlib.util.find_spec("open_clip").submodule_search_locations[0]
VOCABULARY = pathlib.Path(OPEN_CLIP_PACKAGE) / "bpe_simple_vocab_16e6.txt.gz"
PAIRS = ROOT / "data/pictures/stamps/pairs.jsonl"
STAMPS = 48
TINY = {"preset": "tiny"}
# open_clip's CoCa, made small: 12 wide parts that have all that its large ones have.
OPEN_CLIP = {
    "preset": "coca_ViT-B-32", "joint": 48,
    "image": {"size": 32, "patch": 8, "width": 36, "heads": 3, "layers": 2, "mlp": 144,
              "queries": 9, "pooler_heads": 4},
    "text": {"width": 48, "heads": 4, "layers": 2, "mlp": 192, "context": 24},
    "multimodal": {"layers": 2, "heads": 4, "mlp": 192}}


def run(program, *arguments):
    command = [PROGRAMS / program, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        check = pathlib.Path(sys.argv[0]).stem
        sys.exit(
            f"launch/checks/{check}: {program} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def pictures(folder):
    """The stamps that are trained on, and some of them in every format and mode."""
    rows = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()[:STAMPS]]
    files = [PAIRS.parent / row["file"] for row in rows]
    for number, file in enumerate(files[:12]):
        picture = Image.open(file).convert("RGBA")
        plain = Image.new("RGBA", picture.size, "white")
        plain.alpha_composite(picture)
        plain = plain.convert("RGB")
        turned = Image.Exif()
        turned[0x0112] = number % 8 + 1
        for name, made, options in (
                (f"{number}.jpg", plain, {"quality": 80, "exif": turned}),
                (f"{number}-cmyk.jpg", plain.convert("CMYK"), {}),
                (f"{number}.webp", picture, {"lossless": True}),
                (f"{number}.gif", plain.quantize(50), {}),
                (f"{number}-palette.png", plain.quantize(50), {}),
                (f"{number}-deep.png", plain.convert("L").convert("I").point(
                    lambda grey: grey * 257).convert("I;16"), {})):
            made.save(folder / name, **options)
            files.append(folder / name)
    return [str(file) for file in files]


def train(folder, settings):
    """Until captions differ: a few pictures, again and again."""
    file = folder / "run.yaml"
    file.write_text(json.dumps({
        "tokenizer": str(ROOT / "data/tokenizer.model"),
        "data": [{"records": str(folder.parent / "records")}], "batch": STAMPS, "steps": 150,
        "optimizer": {"name": "adamw", "lr": 0.003}, "schedule": {"warmup": 10}} | settings))
    run("coca-train", file, "--output", folder / "run")
    run("coca-convert", "export", folder / "run", "--to", folder / "model", "--format", "pytorch")


def load(folder):
    """The module that the export wrote, not the one in the sources."""
    spec = importlib.util.spec_from_file_location("coca", folder / "coca.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.CoCa.from_pretrained(folder)


def captions(folder, files, *options):
    lines = run("coca-eval", "caption", folder / "run", "--images", *files, "--json", *options)
    return [json.loads(line) for line in lines.splitlines()]
