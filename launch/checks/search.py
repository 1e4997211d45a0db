"""The comparison of launch/checks/search: PROGRAM CHECKPOINT RECORDS."""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
from safetensors import safe_open

PROGRAM, CHECKPOINT, RECORDS = (pathlib.Path(path).resolve() for path in sys.argv[1:4])
HITS = 20
NEAREST_PAIRS = 500


def run(*arguments):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"launch/checks/search: {done.stderr}")
    return done.stdout


def read(file):
    with safe_open(file, "np") as tensors:
        return json.loads(tensors.metadata()["keys"]), tensors.get_tensor("image")


def compare_files(folder, keys, images):
    """The rows of several files, and of clip-retrieval's arrays, beside those of one file."""
    parts = [read(file) for file in sorted((folder / "parts").iterdir())]
    assert [key for part in parts for key in part[0]] == keys
    yield "several files", numpy.abs(numpy.concatenate([part[1] for part in parts]) - images).max()
    arrays = sorted((folder / "clip/img_emb").iterdir(), key=lambda file: int(file.stem[8:]))
    halves = numpy.concatenate([numpy.load(file, allow_pickle=False) for file in arrays])
    assert halves.dtype == numpy.float16
    texts = sum(len(numpy.load(file, allow_pickle=False))
                for file in (folder / "clip/text_emb").iterdir())
    lines = [json.loads(line)["image_path"] for array in arrays for line in
             (folder / f"clip/metadata/metadata_{array.stem[8:]}.jsonl").open()]
    assert len(halves) == texts == len(lines)
    rows = [keys.index(line) for line in lines]
    yield "half floats", numpy.abs(halves.astype(numpy.float32) - images[rows]).max()


def compare_search(folder, keys, images):
    cosines, others, largest = images @ images.T, 0, 0
    for row in range(0, len(keys), max(1, len(keys) // 50)):
        found = json.loads(run(
            "search", folder / "parts", "--key", keys[row], "--k", HITS, "--json"))["hits"]
        order = [other for other in numpy.lexsort((numpy.arange(len(keys)), -cosines[row]))
                 if other != row][:HITS]
        # Rounding may exchange neighbours: what counts is the cosine at each rank.
        largest = max([largest] + [abs(hit["cosine"] - cosines[row][other])
                                   for hit, other in zip(found, order, strict=True)])
        others += [hit["key"] for hit in found] != [keys[other] for other in order]
    yield f"{others} searches in another order", largest


def compare_pairs(folder, keys, images):
    cosines = images @ images.T
    upper = numpy.sort(cosines[numpy.triu_indices(len(keys), 1)])[::-1]
    threshold = float(upper[min(NEAREST_PAIRS, len(upper) - 1)]) - 1e-6
    run("duplicates", folder / "one.safetensors", "--threshold", threshold,
        "--to", folder / "pairs.jsonl")
    found = {(pair["a"], pair["b"]): pair["cosine"]
             for pair in map(json.loads, (folder / "pairs.jsonl").open())}
    # A pair at the threshold itself may round to either side.
    sure, possible = (
        {(keys[a], keys[b]) for a, b in zip(*numpy.where(numpy.triu(cosines, 1) >= bound))}
        for bound in (threshold + 2e-6, threshold - 2e-6))
    if not sure <= found.keys() <= possible:
        sys.exit("launch/checks/search: other pairs than NumPy's")
    place = {key: row for row, key in enumerate(keys)}
    yield f"{len(found)} pairs", max(
        abs(cosine - cosines[place[a], place[b]]) for (a, b), cosine in found.items())


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        embed = ["embed", CHECKPOINT, "--records", RECORDS]
        run(*embed, "--to", folder / "one.safetensors")
        run(*embed, "--rows-per-file", 100, "--to", folder / "parts")
        run(*embed, "--rows-per-file", 100, "--format", "clip-retrieval", "--to", folder / "clip")
        keys, images = read(folder / "one.safetensors")
        print(f"{len(keys)} pictures, largest differences")
        bounds = {"half floats": 5e-4}
        good = True
        for compare in (compare_files, compare_search, compare_pairs):
            for name, difference in compare(folder, keys, images):
                print(f"  {name:32}{difference:10.1e}")
                good &= bool(difference <= bounds.get(name, 2e-6))
        return good


sys.exit(0 if main() else 1)
