"""What becomes of odd pictures; run by launch/checks/pictures PROGRAMS PACKAGES SCRATCH."""
import collections
import json
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import warnings

from PIL import Image

SETS = {
    "gdk-pixbuf": "gdk-pixbuf-tests", "Pillow": "pillow-tests", "GIMP's manual": "gimp-help-en",
    "openclipart": "openclipart-png",
}
KINDS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".apng")
# docs/records.md: a picture takes about 900 MiB at most; 60 MiB is the program itself.
BOUND = 960 << 20
# Likewise for a frame of the largest size and the samples cut out of it.
FRAME_BOUND = (2 << 30) + (60 << 20)


def pictures(folder):
    return sorted(os.path.join(place, name) for place, _, names in os.walk(folder)
                  for name in names if name.lower().endswith(KINDS) and "\n" not in name)


def decode(program, paths):
    process = subprocess.run([program, "decode"], input="\n".join(paths), text=True,
                             stdout=subprocess.PIPE)
    verdicts = [json.loads(line) for line in process.stdout.splitlines()]
    if process.returncode or len(verdicts) != len(paths):
        sys.exit(f"launch/checks/pictures: the decoder ended with {process.returncode} at "
                 f"{paths[len(verdicts)]}")
    return verdicts


def pillow_reads(path):
    try:
        with Image.open(path) as picture:
            picture.load()
        return True
    except Exception:  # whatever it is, the picture was not read
        return False


def pack(program, paths, folder, scratch):
    """Packs all paths; gives how many samples were kept and how many of these can be decoded."""
    shutil.rmtree(scratch, ignore_errors=True)
    os.makedirs(scratch)
    rows = os.path.join(scratch, "rows.jsonl")
    with open(rows, "w", encoding="utf-8") as file:
        for path in paths:
            row = {"file": os.path.relpath(path, folder), "caption": os.path.basename(path)}
            file.write(json.dumps(row) + "\n")
    command = [program, "pack", rows, "--root", folder, "--to", scratch + "/set"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    command = [program, "stats", scratch + "/set", "--json"]
    statistics = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return statistics["samples"], statistics["samples"] - statistics["faulty"]


def zstd(raw):
    """One frame with its content's size and checksum."""
    command = ["zstd", "-q", "-1", "--check", f"--stream-size={len(raw)}", "-c"]
    return subprocess.run(command, input=raw, check=True, stdout=subprocess.PIPE).stdout


def bomb(program, scratch):
    """A shard whose one frame is as large as a reader allows, of zeros. Gives the most memory that
    reading it took, and the shard's bytes."""
    folder = scratch + "/bomb"
    os.makedirs(folder)
    header = tarfile.TarInfo("bomb.jpg")
    header.size = (1 << 30) - 512
    frames = [header.tobuf(tarfile.USTAR_FORMAT) + bytes(header.size), bytes(1024)]
    packed = [zstd(frame) for frame in frames]
    counts = struct.pack("<6I", 0x184D2A50, 16, 1, 2, 1, 0)
    sizes = [(len(small), len(raw)) for small, raw in zip(packed, frames)] + [(len(counts), 0)]
    table = b"".join(struct.pack("<2I", *size) for size in sizes)
    table = struct.pack("<2I", 0x184D2A5E, len(table) + 9) + table
    table += struct.pack("<IBI", len(sizes), 0, 0x8F92EAB1)
    shard = b"".join(packed) + counts + table
    with open(folder + "/bomb-00000.tar.zst", "wb") as file:
        file.write(shard)
    del frames
    for command in ("index", "verify"):
        subprocess.run([program, command, folder], check=True, stdout=subprocess.DEVNULL)
    process = subprocess.Popen([program, "verify", folder], stdout=subprocess.DEVNULL)
    return os.wait4(process.pid, 0)[2].ru_maxrss << 10, len(shard)


def main():
    programs, packages, scratch = sys.argv[1:]
    warnings.simplefilter("ignore")
    is_wrong = False
    refused_here = []
    print("set              files   read  refused  Pillow reads  packed  then read  peak MiB")
    for name, package in SETS.items():
        folder = os.path.join(packages, package)
        paths = pictures(folder)
        verdicts = decode(programs + "/inputs-check", paths)
        read = [path for path, verdict in zip(paths, verdicts) if "error" not in verdict]
        pillow = [pillow_reads(path) for path in paths]
        packed, whole = pack(programs + "/coca-shard", paths, folder, scratch)
        peak = max(verdict["peakBytes"] for verdict in verdicts)
        is_wrong |= peak > BOUND or whole != len(read)
        print(f"{name:15} {len(paths):6} {len(read):6} {len(paths) - len(read):8} "
              f"{sum(pillow):13} {packed:7} {whole:10} {peak >> 20:9}", flush=True)
        reasons = collections.Counter(
            (verdict["error"].split(": ", 1)[1].split(". ")[0], here)
            for verdict, here in zip(verdicts, pillow) if "error" in verdict)
        refused_here += [(name, *reason, count) for reason, count in reasons.items()]
    print("\nrefused, and whether Pillow reads it")
    for name, reason, here, count in sorted(refused_here, key=lambda row: (row[0], -row[3])):
        print(f"{name:15} {count:4}  {'read' if here else '    '}  {reason}")
    peak, size = bomb(programs + "/coca-shard", scratch)
    print(f"\na frame of 1 GiB in a shard of {size >> 10} KiB: verify takes {peak >> 20} MiB")
    sys.exit(is_wrong or peak > FRAME_BOUND)


if __name__ == "__main__":
    main()
