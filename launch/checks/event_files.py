"""Compares a run's event files with its JSON lines, through TensorBoard's own readers.

usage: event_files.py RUN
"""
import contextlib
import json
import math
import pathlib
import re
import struct
import subprocess
import sys
import time
import urllib.parse
import urllib.request

from tensorboard.backend.event_processing import event_accumulator

# Points of a tag that are kept: more than any run here has.
ALL = 10**7

# Tags of a step, each with its place in a line of metrics.jsonl.
TRAIN = {
    "train/loss": lambda line: line["loss"],
    "train/contrastive_loss": lambda line: line["contrastive"],
    "train/caption_loss": lambda line: line["caption"],
    "train/lr": lambda line: line["lr"],
    "train/scale": lambda line: line["logit_scale"],
    "train/logit_scale": lambda line: line["logit_scale"],
    "train/grad_norm": lambda line: line["grad_norm"],
    "train/samples_per_second": lambda line: line["pairs_per_second"],
    "train/tokens_per_second": lambda line: line["tokens_per_second"],
    "train/gflops": lambda line: line["gflops"],
    "train/data_time": lambda line: line["seconds"]["data"],
    "train/batch_time": lambda line: line["seconds"]["total"] - line["seconds"]["checkpoint"],
    "train/image_to_text_accuracy": lambda line: line["accuracy"]["image_to_text"],
    "train/text_to_image_accuracy": lambda line: line["accuracy"]["text_to_image"],
    "train/imbalance": lambda line: line["imbalance"],
    "train/resident_bytes": lambda line: line["resident_bytes"],
}


SIZES = {"images", "texts", "classes", "pairs", "targets", "batch"}


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def numbers(tree, path):
    """Every figure of a tree of JSON, by its path; sizes are no figures."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key not in SIZES:
                yield from numbers(value, f"{path}/{key}")
    elif isinstance(tree, (int, float)):
        yield path, tree


def expected(run):
    """Steps and values of every tag, from the JSON lines."""
    metrics = lines(run / "metrics.jsonl")
    curves = {tag: [(line["step"], value(line)) for line in metrics]
              for tag, value in TRAIN.items()}
    for line in lines(run / "validation.jsonl"):
        step, name = line.pop("step"), line.pop("name")
        for tag, value in numbers(line, f"val/{name}"):
            curves.setdefault(tag, []).append((step, value))
    return curves


def is_same(found, wanted):
    """At float32; a number that is not finite is null in JSON."""
    if wanted is None:
        return not math.isfinite(float(found))
    return struct.pack("<f", float(found)) == struct.pack("<f", wanted)


def compare(reader, found, wanted):
    """`found`: by tag, steps and values. Ends with what differs."""
    assert set(found) == set(wanted), f"{reader}: other tags: {set(found) ^ set(wanted)}"
    for tag, curve in wanted.items():
        assert steps(found)[tag] == steps(wanted)[tag], (
            f"{reader}: {tag}: steps {steps(found)[tag]}")
        for (step, value), (_, other) in zip(found[tag], curve):
            assert is_same(value, other), f"{reader}: {tag} at {step}: {value}, not {other}"
    points = sum(len(curve) for curve in wanted.values())
    print(f"{reader}: {points} points of {len(wanted)} tags, all as in the JSON lines, none twice")


def accumulated(run):
    """What the Python reader makes of the folder."""
    events = event_accumulator.EventAccumulator(str(run), size_guidance={"scalars": 0})
    events.Reload()
    return {tag: [(event.step, event.value) for event in events.Scalars(tag)]
            for tag in events.Tags()["scalars"]}


@contextlib.contextmanager
def served(run, is_fast):
    """The address of a TensorBoard that shows the run to this machine alone."""
    command = [
        sys.executable, "-m", "tensorboard.main", "--logdir", str(run), "--host", "127.0.0.1",
        "--port", "0", "--load_fast", "true" if is_fast else "false", "--samples_per_plugin",
        ",".join(f"{plugin}={ALL}" for plugin in ("scalars", "text", "images", "histograms"))]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        for line in server.stderr:
            if address := re.search(r"http://127\.0\.0\.1:\d+/", line):
                yield address[0]
                return
        raise AssertionError("TensorBoard did not start")
    finally:
        server.terminate()
        server.wait()


def asked(address, path, **query):
    url = f"{address}data/plugin/{path}?{urllib.parse.urlencode(query)}"
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read()


def tags(address, plugin):
    return list(json.loads(asked(address, f"{plugin}/tags")).get(".", []))


def shown(address):
    """Steps and values of every tag, as the page asks for them."""
    curves = {tag: json.loads(asked(address, "scalars/scalars", run=".", tag=tag))
              for tag in tags(address, "scalars")}
    return {tag: [(step, value) for _, step, value in curve] for tag, curve in curves.items()}


def steps(curves):
    return {tag: [step for step, _ in curve] for tag, curve in curves.items()}


def check_server(run, is_fast, wanted):
    reader = f"TensorBoard, load_fast {str(is_fast).lower()}"
    with served(run, is_fast) as address:
        end = time.monotonic() + 60
        while steps(found := shown(address)) != steps(wanted) and time.monotonic() < end:
            time.sleep(0.5)
        compare(reader, found, wanted)
        check_captions(reader, run, address)
        histograms = tags(address, "histograms")
        for tag in histograms:
            points = json.loads(asked(address, "histograms/histograms", run=".", tag=tag))
            made = [point[1] for point in points]
            assert made and made == sorted(set(made)), f"{reader}: {tag}: steps {made}"
        print(f"{reader}: {len(histograms)} histograms")


def check_captions(reader, run, address):
    captions, pictures, count = {}, 0, 0
    for line in lines(run / "captions.jsonl"):
        captions.setdefault(line["name"], {}).setdefault(line["step"], []).append(line)
    for name, made in captions.items():
        texts = json.loads(asked(
            address, "text/text", run=".", tag=f"val/{name}/captions"))
        assert [text["step"] for text in texts] == sorted(made), f"{reader}: captions of {name}"
        assert all("<table>" in text["text"] for text in texts), f"{reader}: no table"
        count += len(texts)
        for line in next(iter(made.values()))[:4]:
            tag = f"val/{name}/{line['key']}"
            images = json.loads(asked(address, "images/images", run=".", tag=tag, sample=0))
            assert images, f"{reader}: no picture {tag}"
            with urllib.request.urlopen(
                    f"{address}data/plugin/images/individualImage?{images[0]['query']}") as answer:
                assert answer.read(3) == b"\xff\xd8\xff", f"{reader}: {tag} is no JPEG"
            pictures += 1
    print(f"{reader}: {count} texts, {pictures} pictures")


def main(run):
    wanted = expected(run)
    compare("EventAccumulator", accumulated(run), wanted)
    for is_fast in (False, True):
        check_server(run, is_fast, wanted)


if __name__ == "__main__":
    try:
        main(pathlib.Path(sys.argv[1]))
    except AssertionError as error:
        sys.exit(f"launch/checks/tensorboard: {error}")
