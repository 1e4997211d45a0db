"""The comparison of launch/checks/inputs: PROGRAM PACKAGES PICTURES."""

import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time
import unicodedata
import warnings
import xml.etree.ElementTree as ElementTree

import numpy
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/ParityTests/Fixtures"))
from open_clip_reference import open_clip  # noqa: E402

PROGRAM, PACKAGES, PICTURES = (pathlib.Path(argument) for argument in sys.argv[1:4])
VOCABULARY = pathlib.Path(open_clip.__file__).parent / "bpe_simple_vocab_16e6.txt.gz"
STD = numpy.array([0.26862954, 0.26130258, 0.27577711], dtype=numpy.float64).reshape(3, 1, 1)
FITS = {"crop": "shortest", "pad": "longest", "squash": "squash"}
MISREADINGS = ["latin-1", "cp1252", "cp1251", "cp1250", "cp1253", "cp1254", "cp1257", "mac-roman",
               "cp437", "cp850", "koi8-r"]
ENTITIES = ["&amp;", "&eacute;", "&#233;", "&#x1F600;", "&lt;b&gt;", "&copy", "&HELLIP;",
            "&ampamp;", "&nbsp;", "&notit;", "&#150;", "\ufb01", "\uff21\uff42",
            "\u201c\u2019\u201d", "<i>", "\x1b[1m", "\u0301", "\u2028", "\ufeff", "'\u017f",
            "\u03a3", "\u0130", "\u00df"]


def stamps():
    for file in sorted(PACKAGES.glob("tuxpaint-stamps-default/**/stamps/**/*.txt")):
        lines = file.read_bytes().decode("utf-8", "replace").split("\n")
        yield lines[0]
        for line in lines[1:]:
            if match := re.match(r"[a-zA-Z_@.]+\.utf8=(.*)$", line):
                yield match[1]


def names():
    annotations = PACKAGES / "unicode-cldr-core/usr/share/unicode/cldr/common/annotations"
    for file in sorted(annotations.glob("*.xml")):
        for annotation in ElementTree.parse(file).getroot().iter("annotation"):
            yield f"{annotation.get('cp')} {annotation.text}"


def damaged(texts, draws):
    """Read in another encoding once or twice, cut, with spaces and marks for what was lost."""
    for text in texts:
        for _ in range(draws.choice([1, 1, 2])):
            handling = draws.choice(["replace", "ignore"])
            text = text.encode().decode(draws.choice(MISREADINGS), handling)
        if draws.random() < 0.3:
            text = text.replace("\u00a0", " ").replace("\ufffd", draws.choice("?\ufffd"))
        place = draws.randrange(len(text) + 1)
        yield text[:place] + draws.choice(ENTITIES + [""] * 20) + text[place:]


def check_texts():
    draws = random.Random(1)
    kinds = {"stamps": list(dict.fromkeys(stamps())), "names": list(dict.fromkeys(names()))[::12]}
    kinds["damaged"] = list(damaged(
        draws.sample(kinds["stamps"], 15_000) + draws.sample(kinds["names"], 15_000), draws))
    print(f"{'texts':10}{'number':>9}{'ids differ':>12}{'words differ':>14}"
          f"{'texts/s':>9}{'open_clip':>11}")
    return all([compare_texts(kind, texts) for kind, texts in kinds.items()])


def is_assigned(text):
    """Whether all is in the Unicode of this Python; each program has its own for newer letters."""
    return all(unicodedata.category(character) != "Cn" for character in text)


def compare_texts(kind, texts):
    tokenizer = open_clip.tokenizer.SimpleTokenizer(context_length=76)
    texts = [text for text in texts if is_assigned(tokenizer.clean_fn(text))]
    run = subprocess.run(
        [PROGRAM, "ids", VOCABULARY], input="".join(json.dumps(text) + "\n" for text in texts),
        capture_output=True, text=True, check=True)
    found = [json.loads(line) for line in run.stdout.splitlines()]
    start = time.perf_counter()
    truth = [tokenizer.encode(text) for text in texts]
    rate = len(texts) / (time.perf_counter() - start)
    captions = tokenizer(texts)
    others, words = [], 0
    for text, ours, ids, caption in zip(texts, found, truth, captions, strict=True):
        caption = caption[:len(ours["caption"])].tolist()
        if ours["ids"] != ids or ours["caption"] != caption or len(caption) < min(76, len(ids) + 2):
            others.append(text)
        decoded = tokenizer.decode([id for id in ids if id < tokenizer.sot_token_id])
        words += ours["text"] != decoded.strip(" ")
    print(f"{kind:10}{len(texts):9}{len(others):12}{words:14}{run.stderr.strip():>9}{rate:11.0f}")
    for text in others[:5]:
        print(f"  {text!a}")
    return not others and not words


def flat(picture):
    """As this program reads it: what is transparent shows white."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        white.alpha_composite(picture)
        return white.convert("RGB")
    return picture.convert("RGB")


def samples(folder):
    """Stamps and emoji as they are, and some in JPEG and WebP of all kinds."""
    draws = random.Random(2)
    stamps = [file for file in sorted(PACKAGES.glob("tuxpaint-stamps-default/**/*.png"))]
    emoji = sorted(PICTURES.glob("emoji/*.png"))
    chosen = draws.sample(stamps, 120) + draws.sample(emoji, 60)
    for number, file in enumerate(draws.sample(stamps, 40)):
        picture = flat(Image.open(file))
        for name, mode, options in [
                ("baseline", "RGB", {"subsampling": number % 3}),
                ("progressive", "RGB", {"progressive": True}), ("grey", "L", {}),
                ("cmyk", "CMYK", {})]:
            chosen.append(folder / f"{number}-{name}.jpg")
            picture.convert(mode).save(chosen[-1], quality=draws.choice([40, 75, 95]), **options)
        chosen.append(folder / f"{number}.webp")
        picture.save(chosen[-1])
    return list(dict.fromkeys(chosen))


def check_pictures():
    warnings.filterwarnings("ignore", message="Palette images with Transparency")
    good = True
    with tempfile.TemporaryDirectory() as folder:
        files = samples(pathlib.Path(folder))
        print(f"\n{len(files)} pictures{'mean':>35}{'maximum':>10}{'the same':>10}")
        for size in [(224, 224), (288, 288), (336, 336), (224, 336)]:
            for fit in FITS:
                for interpolation in ("bicubic", "bilinear"):
                    good &= compare_pictures(files, size, fit, interpolation)
    return good


def compare_pictures(files, size, fit, interpolation):
    oblong = size[0] != size[1]
    # To an oblong open_clip crops in bicubic, whatever it is asked for.
    if oblong and fit == "crop" and interpolation == "bilinear":
        return True
    transform = open_clip.transform.image_transform(
        size if oblong else size[0], is_train=False, resize_mode=FITS[fit],
        interpolation=interpolation)
    arguments = [PROGRAM, "pixels", str(size[0]), str(size[1]), fit, interpolation]
    means, maximum, same = [], 0, 0
    with tempfile.TemporaryFile("w+") as paths:
        paths.write("".join(f"{file}\n" for file in files))
        paths.seek(0)
        with subprocess.Popen(arguments, stdin=paths, stdout=subprocess.PIPE) as run:
            for file in files:
                planes = numpy.frombuffer(run.stdout.read(12 * size[0] * size[1]), numpy.float32)
                truth = transform(flat(Image.open(file))).numpy()
                truth = truth.astype(numpy.float64)
                distance = numpy.abs(planes.reshape(truth.shape) - truth) * STD
                means.append(distance.mean() * 255)
                maximum = max(maximum, distance.max() * 255)
                same += not distance.any()
    print(f"  {size[0]} x {size[1]} {fit:7} {interpolation:9}{max(means):16.5f}/255"
          f"{maximum:6.2f}/255{same:10}")
    return max(means) < 1


texts, pictures = check_texts(), check_pictures()
sys.exit(0 if texts and pictures else 1)
