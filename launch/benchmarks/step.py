"""Times a PyTorch trainer and ours in turn on one batch of real pictures and captions.

Run by `launch/bench step`. PyTorch's side is open_clip for its own model, and for the paper's
`base` the same architecture. Both stay in memory and make one step at a time (ours, PyTorch's,
ours, …), so that whatever else the machine does falls on both.
"""
import argparse
import functools
import itertools
import json
import os
import statistics
import sys
import time

from openclip import open_clip
from partner import Partner

# Side of the images, ids of a caption at most.
SHAPES = {"coca_ViT-B-32": (224, 76), "base": (288, 64)}


def peak_bytes():
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) << 10


def make_batch(path, pairs, model, count, padded):
    """Real pictures and captions as the model reads them; padded: captions that fill the context.

    `pairs` is a file of lines {"file": …, "caption": …}. Returns the captions' lengths.
    """
    size, context = SHAPES[model]
    import torch
    from PIL import Image
    from safetensors.torch import save_file
    clip = open_clip()
    transform = clip.image_transform((size, size), is_train=False)
    tokenize = functools.partial(clip.get_tokenizer("coca_ViT-B-32"), context_length=context)
    rows = [json.loads(line) for line in open(pairs, encoding="utf-8")]
    rows = rows[:: len(rows) // count][:count]
    images = [transform(Image.open(os.path.join(os.path.dirname(pairs), row["file"]))
                        .convert("RGB")) for row in rows]
    ids = tokenize([(row["caption"] + " ") * (context if padded else 1) for row in rows])
    save_file({"images": torch.stack(images), "ids": ids.float()}, path)
    return [int((row != 0).sum()) for row in ids]


def objective(name):
    """PyTorch's model, and its losses of images and ids."""
    import torch
    if name == "base":
        from paper_model import Base
        model = Base()
        return model, model
    clip = open_clip()
    model = clip.create_model(name)
    torch.nn.init.normal_(model.text_decoder.text_projection, std=512**-0.5)  # else undefined
    loss = clip.CoCaLoss(caption_loss_weight=2.0, clip_loss_weight=1.0)
    return model, lambda images, ids: loss(**model(images, ids), output_dict=True)


def serve(arguments):
    """PyTorch's side: a step for every line."""
    import torch
    from safetensors.torch import load_file
    torch.set_num_threads(arguments.threads)
    model, losses_of = objective(arguments.model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, weight_decay=0.01)
    batch = load_file(arguments.batch)
    images, ids = batch["images"], batch["ids"].long()
    for _ in sys.stdin:
        start = time.perf_counter()
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.precision == "bfloat16"):
            losses = losses_of(images, ids)
        sum(losses.values()).backward()
        middle = time.perf_counter()
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, 4.6052)
        end = time.perf_counter()
        seconds = {"optimizer": end - middle, "total": end - start}
        print(json.dumps({"seconds": seconds, "peak_bytes": peak_bytes()}), flush=True)


def sides(ours):
    """Processor and kernels of both."""
    import torch
    partner = Partner([ours, "step", "--model", "tiny", "--pairs", "1"])
    speed = partner.ask("machine")
    partner.close()
    libraries = [line.strip(" -") for line in torch.__config__.show().splitlines()
                 if "MKL-DNN" in line or "oneDNN" in line]
    return (f"{speed['processor']}\nours: {speed['instructions']}, {speed['kernel']}\n"
            f"PyTorch {torch.__version__}: {torch.backends.cpu.get_cpu_capability()}, "
            f"{', '.join(libraries)}")


class Trainer(Partner):
    def __init__(self, command):
        super().__init__(command)
        self.reports = []

    def step(self):
        self.reports.append(self.ask("step"))

    def total(self):
        return [report["seconds"]["total"] for report in self.reports[1:]]


def compare(arguments, model, batch, count, threads, precision):
    work = ["--model", model, "--batch", batch, "--threads", str(threads),
            "--precision", precision]
    ours = Trainer([arguments.ours, "step", *work])
    theirs = Trainer([sys.executable, __file__, "--serve", *work])
    for _ in range(arguments.rounds + 1):
        ours.step()
        theirs.step()
    speed = ours.ask("machine")
    peak = ours.reports[-1]["peak_bytes"], theirs.reports[-1]["peak_bytes"]
    theirs.close()
    shares = []
    for _ in range(max(arguments.rounds, 3)):  # in turn: the machine's speed drifts
        step = ours.ask("step")["seconds"]
        products = ours.ask("products")["seconds"]["products"]
        shares.append(products / (step["forward"] + step["backward"]))
    ours.close()
    a, b = ours.total(), theirs.total()
    seconds = [report["seconds"] for report in ours.reports[1:]]
    operations = ours.reports[0]["operations"]
    gflops = [operations / 1e9 / statistics.median(total) for total in (a, b)]
    return {
        "ours": count / statistics.median(a), "theirs": count / statistics.median(b),
        "ratio": statistics.median(y / x for x, y in zip(a, b)),
        "gflops": gflops,
        "kernel": speed["kernel"],
        "share": gflops[0] * 1e9 / threads / speed["rate"]["limit"],
        "products": statistics.median(shares),
        "page_faults": statistics.median(r["page_faults"] for r in ours.reports[1:]),
        "optimizer": statistics.median(s["optimizer"] for s in seconds),
        "peak": peak,
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--model")
    parser.add_argument("--batch")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--ours")
    parser.add_argument("--pairs")
    parser.add_argument("--scratch")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--models", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--batches", type=int, nargs="+", help="default: 8 32, of base 4")
    parser.add_argument("--captions", nargs="+", choices=["real", "padded"],
                        default=["real", "padded"])
    parser.add_argument("--team", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--precisions", nargs="+", default=["float32"])
    arguments = parser.parse_args()
    if arguments.serve:
        return serve(arguments)
    print(sides(arguments.ours))
    print("forward, backward, AdamW; medians of pairs/s, ratio pair by pair")
    print("model         batch captions tokens threads precision    ours PyTorch  ratio   "
          "GFLOP/s of both (of limit)  products/step  AdamW s  faults  peak GB of both (ratio)")
    for model in arguments.models:
        for count in arguments.batches or ([4] if model == "base" else [8, 32]):
            for captions in arguments.captions:
                measure(arguments, model, count, captions)


def measure(arguments, model, count, captions):
    batch = os.path.join(arguments.scratch, f"{model}-{count}-{captions}.safetensors")
    lengths = make_batch(batch, arguments.pairs, model, count, captions == "padded")
    for threads, precision in itertools.product(arguments.team, arguments.precisions):
        row = compare(arguments, model, batch, count, threads, precision)
        peak, gflops = row["peak"], row["gflops"]
        print(f"{model:13} {count:5} {captions:>8} {statistics.mean(lengths):6.1f} {threads:7} "
              f"{precision:>9} {row['ours']:7.2f} {row['theirs']:7.2f} {row['ratio']:6.2f} "
              f"{gflops[0]:8.1f} / {gflops[1]:6.1f} ({row['share']:4.0%}) {row['products']:14.2f} "
              f"{row['optimizer']:8.2f} {row['page_faults']:7.0f}  "
              f"{peak[0] / 1e9:4.1f} / {peak[1] / 1e9:4.1f} ({peak[0] / peak[1]:.2f})"
              + ("" if row["share"] >= 0.5 else f"  BELOW HALF OF THE LIMIT: {row['kernel']}"),
              flush=True)


if __name__ == "__main__":
    main()
