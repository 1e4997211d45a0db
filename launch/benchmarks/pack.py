"""What `launch/bench pack` runs: the same pictures through several writers, in turn.

Each writer is a process of its own, of which Python's time to import is not counted; a row has the
median of its rounds, and the bytes of what it wrote beside those of a plain tar.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import types
from pathlib import Path

SETS = {"openclipart": "openclipart-png", "stamps": "tuxpaint-stamps-default"}
SECONDS = "seconds without imports "


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--program")
    parser.add_argument("--packages", type=Path)
    parser.add_argument("--img2dataset")
    parser.add_argument("--write", nargs=3, help="a peer's own process: writer, pictures, target")
    options = parser.parse_args()
    if options.write:
        return WRITERS[options.write[0]](options.write[1], options.write[2])
    work = Path(tempfile.mkdtemp())
    try:
        for name in options.sets:
            folder = link(options.packages / SETS[name], work / name)
            measure(name, folder, work / "out", options)
    finally:
        shutil.rmtree(work)


def link(package, folder):
    """A folder of links to a package's PNG files, each with its name as a caption beside it."""
    folder.mkdir()
    pictures = sorted(path for path in package.rglob("*.png") if not path.is_symlink())
    for number, picture in enumerate(pictures):
        key = f"{number:05d}"
        os.symlink(picture.resolve(), folder / f"{key}.png")
        (folder / f"{key}.txt").write_text(picture.stem.replace("_", " ") + "\n")
    return folder


def measure(name, folder, out, options):
    pictures = sorted(folder.glob("*.png"))
    urls = folder.with_suffix(".tsv")
    urls.write_text("url\tcaption\n" + "".join(
        f"file://{picture}\t{picture.stem}\n" for picture in pictures))
    rows = commands(folder, out, urls, options)
    seconds = {row: [] for row in rows}
    sizes, told = {}, {}
    for _ in range(options.rounds):
        for row, command in rows.items():
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
            start = time.perf_counter()
            result = subprocess.run(command, capture_output=True, text=True)
            taken = time.perf_counter() - start
            if result.returncode != 0:
                sys.exit(f"{row}: {result.stderr[-2000:]}")
            sizes[row] = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
            told[row] = result.stdout.strip().split("\n")[-1].split(": ")[-1]
            if told[row].startswith(SECONDS):
                taken = float(told[row].removeprefix(SECONDS))
            seconds[row].append(taken)
    total = sum(picture.stat().st_size for picture in pictures)
    print(f"\n{name}: {len(pictures)} pictures of {total / 1e6:.1f} MB, "
          f"medians of {options.rounds} rounds on {os.cpu_count()} cores")
    print(f"  {'writer':<38}{'images/s':>9}{'MB/s':>8}{'bytes / tar':>13}")
    for row in rows:
        median = statistics.median(seconds[row])
        print(f"  {row:<38}{len(pictures) / median:>9.0f}{total / median / 1e6:>8.1f}"
              f"{sizes[row] / sizes['tar cf']:>13.3f}  {told[row][:60]}")


def commands(folder, out, urls, options):
    def ours(*more):
        return [options.program, "pack", str(folder), "--follow-links", "--to", str(out / "set"),
                *more]

    def peer(writer):
        return [sys.executable, "-B", __file__, "--write", writer, str(folder), str(out)]

    cores = str(os.cpu_count())
    rows = {
        "tar cf": ["tar", "chf", str(out / "a.tar"), "-C", str(folder), "."],
        "coca-shard pack --jobs 1": ours("--jobs", "1"),
        f"coca-shard pack --jobs {cores}": ours("--jobs", cores),
        f"  … --duplicates near --jobs {cores}": ours("--jobs", cores, "--duplicates", "near"),
        "webdataset ShardWriter": peer("webdataset"),
        "MosaicML Streaming MDSWriter": peer("streaming"),
        "MosaicML Streaming MDSWriter, zstd": peer("streaming-zstd"),
    }
    if os.access(options.img2dataset or "", os.X_OK):
        rows[f"img2dataset, {cores} threads"] = [
            options.img2dataset, "--url_list", str(urls), "--input_format", "tsv", "--url_col",
            "url", "--caption_col", "caption", "--output_folder", str(out / "set"),
            "--output_format", "webdataset", "--resize_mode", "no", "--disable_all_reencoding",
            "True", "--processes_count", "1", "--thread_count", cores, "--enable_wandb", "False"]
    return rows


def samples(folder):
    for picture in sorted(Path(folder).glob("*.png")):
        yield picture.stem, picture.read_bytes(), picture.with_suffix(".txt").read_text()


def webdataset(folder, out):
    import webdataset
    start = time.perf_counter()
    with webdataset.ShardWriter(f"{out}/set-%05d.tar", maxsize=256 << 20, verbose=0) as writer:
        for key, picture, text in samples(folder):
            writer.write({"__key__": key, "png": picture, "txt": text})
    print(f"{SECONDS}{time.perf_counter() - start}")


def streaming(folder, out, compression=None):
    # Streaming imports all its examples, torchvision with them; the writer needs none of them.
    for name in ("vision", "text", "multimodal"):
        sys.modules[f"streaming.{name}"] = types.ModuleType(f"streaming.{name}")
    from streaming import MDSWriter
    start = time.perf_counter()
    columns = {"key": "str", "image": "bytes", "caption": "str"}
    with MDSWriter(out=f"{out}/set", columns=columns, compression=compression,
                   hashes=["xxh64"], size_limit=256 << 20) as writer:
        for key, picture, text in samples(folder):
            writer.write({"key": key, "image": picture, "caption": text})
    print(f"{SECONDS}{time.perf_counter() - start}")


WRITERS = {
    "webdataset": webdataset,
    "streaming": streaming,
    "streaming-zstd": lambda folder, out: streaming(folder, out, "zstd:3"),
}

if __name__ == "__main__":
    main()
