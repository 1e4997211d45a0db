"""Makes transforms.json beside it: small pictures as open_clip 3.3.0's evaluation transform gives
them on Pillow 13.0.0, as bytes before normalising.

usage: python make_fixtures.py
With the packages of Tests/ParityTests/Fixtures/requirements.txt. Run by developers only.
"""

import json
import pathlib
import sys

import numpy
import PIL
from PIL import Image

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "ParityTests/Fixtures"))
from open_clip_reference import open_clip  # noqa: E402

# Wide, tall, square, odd; the tall ones lose more than twice as many rows as columns.
PICTURES = [(9, 7), (6, 11), (5, 19), (8, 30), (12, 12), (30, 7), (3, 4)]
TARGETS = [(5, 5), (8, 8), (4, 7), (9, 4)]
FITS = {"crop": "shortest", "pad": "longest", "squash": "squash"}


def picture(width, height):
    y, x, channel = numpy.mgrid[:height, :width, :3]
    return Image.fromarray(((x * x * 13 + y * y * 7 + channel * 71) % 256).astype(numpy.uint8))


def transformed(width, height, target, fit, interpolation):
    size = target if target[0] != target[1] else target[0]
    transform = open_clip.transform.image_transform(
        size, is_train=False, mean=(0, 0, 0), std=(1, 1, 1), resize_mode=FITS[fit],
        interpolation=interpolation)
    planes = transform(picture(width, height)).numpy()
    return (planes * 255).round().astype(numpy.uint8).transpose(1, 2, 0)


def main():
    if PIL.__version__ != "13.0.0":
        sys.exit(f"Pillow {PIL.__version__} is here. The fixtures are of 13.0.0.")
    rows = []
    for width, height in PICTURES:
        for target in TARGETS:
            for fit in FITS:
                for interpolation in ("bicubic", "bilinear"):
                    # Here open_clip takes bicubic, whatever it is told.
                    if fit == "crop" and target[0] != target[1] and interpolation == "bilinear":
                        continue
                    pixels = transformed(width, height, target, fit, interpolation)
                    rows.append(json.dumps({
                        "picture": [width, height], "target": target, "fit": fit,
                        "interpolation": interpolation, "pixels": pixels.tobytes().hex()}))
    (HERE / "transforms.json").write_text("[\n" + ",\n".join(rows) + "\n]\n")
    print(f"{len(rows)} pictures")


main()
