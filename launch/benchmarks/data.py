"""Times loaders in turn on the same pictures: ours, webdataset with Pillow, open_clip's own.

Run by `launch/bench data`. All stay in memory; each makes some batches at a time, so that whatever
else the machine does falls on all. One thread or process each; ours also with more threads.
"""
import argparse
import glob
import itertools
import json
import os
import random
import statistics
import sys
import time
import types

from openclip import open_clip
from partner import Partner

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


def prepare(source, to):
    """openclipart's drawings as JPEG on white, sides up to 640, as the web has pictures."""
    from PIL import Image
    Image.MAX_IMAGE_PIXELS = 50_000_000
    os.makedirs(to, exist_ok=True)
    paths = sorted(glob.glob(source + "/**/*.png", recursive=True))
    count = 0
    for path in paths[::3]:
        try:
            picture = Image.open(path).convert("RGBA")
        except (OSError, ValueError, Image.DecompressionBombError):
            continue
        picture.thumbnail((640, 640))
        paper = Image.new("RGBA", picture.size, "white")
        paper.alpha_composite(picture)
        stem = os.path.join(to, f"{count:05}")
        paper.convert("RGB").save(stem + ".jpg", quality=90)
        with open(stem + ".txt", "w", encoding="utf-8") as text:
            text.write(os.path.splitext(os.path.basename(path))[0].replace("_", " "))
        count += 1


def urls(records):
    return [f"pipe:zstd -dc {path}" for path in sorted(glob.glob(records + "/*.tar.zst"))]


def webdataset_pillow(records, batch, size):
    import numpy
    import webdataset
    from PIL import Image
    tokenize = open_clip().get_tokenizer("coca_ViT-B-32")
    mean, std = numpy.float32(MEAN), numpy.float32(STD)

    def transform(picture):
        picture = picture.convert("RGB")
        area = picture.width * picture.height * random.uniform(0.9, 1)
        for _ in range(10):
            ratio = (3 / 4) ** random.uniform(-1, 1)
            width, height = round((area * ratio) ** 0.5), round((area / ratio) ** 0.5)
            if width <= picture.width and height <= picture.height:
                break
        else:
            width = height = min(picture.size)
        x = random.randint(0, picture.width - width)
        y = random.randint(0, picture.height - height)
        part = picture.resize((size, size), Image.BICUBIC, box=(x, y, x + width, y + height))
        return ((numpy.asarray(part, numpy.float32) / 255 - mean) / std).transpose(2, 0, 1)

    dataset = (webdataset.WebDataset(urls(records), shardshuffle=False)
               .repeat().shuffle(1000).decode("pil").rename(image="jpg;png;jpeg;webp", text="txt")
               .map_dict(image=transform, text=lambda text: tokenize(text)[0])
               .to_tuple("image", "text").batched(batch))
    return iter(dataset)


def open_clip_loader(records, batch, size):
    library = open_clip()
    from open_clip_train.data import get_wds_dataset
    arguments = types.SimpleNamespace(
        train_data="::".join(urls(records)), dataset_resampled=True, train_num_samples=10**9,
        train_data_upsampling_factors=None, seed=0, batch_size=batch, world_size=1, workers=0)
    data = get_wds_dataset(
        arguments, library.image_transform(size, is_train=True), is_train=True,
        tokenizer=library.get_tokenizer("coca_ViT-B-32"))
    return itertools.chain.from_iterable(itertools.repeat(data.dataloader))


def serve(arguments):
    import torch
    torch.set_num_threads(1)
    make = {"webdataset": webdataset_pillow, "open_clip": open_clip_loader}[arguments.serve]
    loader = make(arguments.records, arguments.batch, arguments.size)
    tokenize = open_clip().get_tokenizer("coca_ViT-B-32")
    texts = [open(path, encoding="utf-8").read() for path in
             sorted(glob.glob(arguments.texts + "/*.txt"))]
    for line in sys.stdin:
        start = time.perf_counter()
        if line.strip() == "texts":
            count = len(texts)
            for text in texts:
                tokenize(text)
        else:
            count = sum(len(next(loader)[0]) for _ in range(arguments.batches))
        print(json.dumps({"count": count, "seconds": time.perf_counter() - start}), flush=True)


class Loader(Partner):
    def __init__(self, command):
        super().__init__(command)
        self.rates = []

    def rate(self, line):
        report = self.ask(line)
        return report["count"] / report["seconds"]

    def turn(self):
        self.rates.append(self.rate("batches"))


def compare(arguments, name, records):
    common = ["--batch", str(arguments.batch), "--batches", str(arguments.batches),
              "--size", str(arguments.size)]
    ours = [arguments.ours, "data", records, "--tokenizer", arguments.tokenizer, *common]
    peer = [sys.executable, __file__, "--records", records, "--texts", arguments.texts, *common]
    loaders = {
        "ours": Loader([*ours, "--threads", "1"]),
        "team": Loader([*ours, "--threads", str(arguments.threads)]),
        "webdataset": Loader([*peer, "--serve", "webdataset"]),
        "open_clip": Loader([*peer, "--serve", "open_clip"]),
    }
    for _ in range(arguments.rounds + 1):
        for loader in loaders.values():
            loader.turn()
    median = {key: statistics.median(loader.rates[1:]) for key, loader in loaders.items()}
    ratio = {key: statistics.median(a / b for a, b in zip(loaders["ours"].rates[1:],
                                                          loaders[key].rates[1:]))
             for key in ("webdataset", "open_clip")}
    print(f"{name:18} {median['ours']:8.0f} {median['team']:10.0f} {median['webdataset']:18.0f} "
          f"{median['open_clip']:10.0f} {ratio['webdataset']:16.2f} {ratio['open_clip']:14.2f}",
          flush=True)
    texts = [loaders[key].rate("texts") for key in ("ours", "open_clip")]
    for loader in loaders.values():
        loader.close()
    return texts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--prepare", nargs=2, metavar=("FROM", "TO"))
    parser.add_argument("--serve", choices=["webdataset", "open_clip"])
    parser.add_argument("--records", nargs="*", default=[])
    parser.add_argument("--texts")
    parser.add_argument("--ours")
    parser.add_argument("--tokenizer")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--batches", type=int, default=8)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    if arguments.prepare:
        return prepare(*arguments.prepare)
    if arguments.serve:
        arguments.records = arguments.records[0]
        return serve(arguments)
    print(f"pictures/s to {arguments.size} px with ids, batches of {arguments.batch}; medians of "
          f"{arguments.rounds}, ratios round by round, one thread each\n"
          f"{'pictures':18} {'ours':>8} {arguments.threads:>2} threads {'webdataset+Pillow':>18} "
          f"{'open_clip':>10} {'over webdataset':>16} {'over open_clip':>14}")
    for records in arguments.records:
        texts = compare(arguments, os.path.basename(records), records)
    print(f"texts/s to CLIP's ids: ours {texts[0]:.0f}, open_clip {texts[1]:.0f}, "
          f"ratio {texts[0] / texts[1]:.1f}")


if __name__ == "__main__":
    main()
