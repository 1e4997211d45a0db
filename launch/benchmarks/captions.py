"""Times captions of our coca_ViT-B-32 and of open_clip 3.3.0's, in turn. Run by `launch/bench
captions`.

Weights and pictures are random, and no end comes before the last id, so that all captions have the
same length. open_clip's beams are in three groups, as by default.
"""
import argparse
import json
import os
import statistics
import sys
import time

from openclip import open_clip
from partner import Partner

MODEL, SIZE = "coca_ViT-B-32", 224


def serve(arguments):
    """open_clip's side: the captions of a batch for every line, the number of beams."""
    import torch
    import transformers.generation
    from transformers.generation.beam_search import BeamSearchScorer
    transformers.generation.BeamSearchScorer = BeamSearchScorer  # 4.57 has it one module down
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    model = open_clip().create_model(MODEL).eval()
    torch.nn.init.normal_(model.text_decoder.text_projection, std=512**-0.5)  # else undefined
    images = torch.randn(arguments.pictures, 3, SIZE, SIZE)
    for line in sys.stdin:
        beams = int(line)
        asked = ({"generation_type": "beam_search", "num_beams": beams, "num_beam_groups": 3}
                 if beams > 1 else {"generation_type": "top_k", "top_k": 1})
        start = time.perf_counter()
        with torch.no_grad():
            model.generate(images, seq_len=arguments.tokens, min_seq_len=arguments.tokens - 1,
                           **asked)
        print(json.dumps({"seconds": {"total": time.perf_counter() - start}}), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--ours")
    parser.add_argument("--pictures", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=30)
    parser.add_argument("--beams", type=int, nargs="+", default=[1, 6])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    if arguments.serve:
        return serve(arguments)
    work = ["--pictures", str(arguments.pictures), "--tokens", str(arguments.tokens),
            "--threads", str(arguments.threads)]
    ours = Partner([arguments.ours, "captions", "--model", MODEL, *work])
    theirs = Partner([sys.executable, __file__, "--serve", *work])
    print(f"{MODEL}, {arguments.pictures} pictures, captions of {arguments.tokens} ids, "
          f"{arguments.threads} threads; medians of {arguments.rounds} rounds\n"
          "beams   our decoder s   tokens/s   with encoder s   open_clip s   decoder / open_clip   "
          "end to end")
    for beams in arguments.beams:
        rounds = [(ours.ask(str(beams))["seconds"], theirs.ask(str(beams))["seconds"])
                  for _ in range(arguments.rounds + 1)][1:]
        decoder, total, other = (
            [own["decoder"] for own, _ in rounds], [own["total"] for own, _ in rounds],
            [their["total"] for _, their in rounds])
        ids = arguments.pictures * (arguments.tokens - 1)
        print(f"{beams:5}{statistics.median(decoder):16.2f}"
              f"{ids / statistics.median(decoder):11.0f}{statistics.median(total):17.2f}"
              f"{statistics.median(other):14.2f}"
              f"{statistics.median(b / a for a, b in zip(decoder, other)):22.1f}"
              f"{statistics.median(b / a for a, b in zip(total, other)):13.1f}", flush=True)
    ours.close()
    theirs.close()


if __name__ == "__main__":
    main()
