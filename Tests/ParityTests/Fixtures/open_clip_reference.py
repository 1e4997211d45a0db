"""open_clip 3.3.0's CoCa as a reference."""

import json
import math
import sys
import zlib

import torch
from safetensors.torch import save_file


def import_open_clip():
    """open_clip, also where pip's torchvision is a build for CUDA and this machine has none.

    Such a build cannot load its operators and then stumbles over two that are not declared;
    nothing here calls them.
    """
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        global operators
        operators = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    # transformers 4.57 has the class that open_clip's `generate` asks for, but one module down.
    import transformers.generation
    from transformers.generation.beam_search import BeamSearchScorer
    transformers.generation.BeamSearchScorer = BeamSearchScorer
    import open_clip
    if open_clip.__version__ != "3.3.0":
        sys.exit(f"open_clip {open_clip.__version__} is here. The truth is that of 3.3.0.")
    return open_clip


open_clip = import_open_clip()
from open_clip.coca_model import CoCa  # noqa: E402
from open_clip.loss import ClipLoss, CoCaLoss  # noqa: E402


class OpenCLIP(torch.nn.Module):
    def __init__(self, configuration, cls_mask):
        super().__init__()
        self.configuration = configuration
        arguments = {key: value for key, value in configuration.items() if key != "custom_text"}
        self.model = CoCa(**arguments)
        self.model.text.correct_cls_mask = cls_mask == "correct"

    def weights(self):
        return list(self.model.named_parameters())

    def scale(self):
        return self.model.logit_scale

    def padded(self, captions):
        context = self.configuration["text_cfg"]["context_length"]
        ids = torch.zeros(len(captions), context, dtype=torch.long)
        for row, caption in zip(ids, captions):
            row[:len(caption)] = torch.tensor(caption)
        return ids

    def losses(self, images, captions, contrastive, caption):
        if not caption:
            return self.clip_loss(images, captions, contrastive)
        out = self.model(images, self.padded(captions))
        matching, captioning = CoCaLoss(
            caption_loss_weight=caption, clip_loss_weight=contrastive)(**out)
        logits = torch.cat([row[:len(ids) - 1] for row, ids in zip(out["logits"], captions)])
        if not contrastive:
            return {"logits": logits}, {"caption": captioning}
        outputs = {"image_features": out["image_features"],
                   "text_features": out["text_features"], "logits": logits}
        return outputs, {"contrastive": matching, "caption": captioning}

    def clip_loss(self, images, captions, weight):
        """CLIP's loss on CoCa's two towers."""
        image = self.model.encode_image(images)
        text = self.model.encode_text(self.padded(captions))
        loss = ClipLoss()(image, text, self.scale().exp())
        return {"image_features": image, "text_features": text}, {"contrastive": weight * loss}

    def optimizer(self, settings):
        """AdamW with the groups of open_clip_train/main.py."""
        def is_excluded(name, parameter):
            return (parameter.ndim < 2
                    or any(word in name for word in ("bn", "ln", "bias", "logit_scale")))
        groups = [
            {"params": [p for n, p in self.weights() if is_excluded(n, p)], "weight_decay": 0.0},
            {"params": [p for n, p in self.weights() if not is_excluded(n, p)],
             "weight_decay": settings["weight_decay"]}]
        return torch.optim.AdamW(
            groups, lr=0.0, betas=(settings["beta1"], settings["beta2"]),
            eps=settings["epsilon"], foreach=False)  # which takes no memory of the weights' size


def draw(name, shape):
    """N(0, 1), the same for the same name."""
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    return torch.randn(shape, generator=generator)


def randomize(model):
    """No weight is left where a mistake could hide: biases are not 0, gains not 1, all differ.

    `text_decoder.text_projection` is uninitialised memory before.
    """
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise, part = draw(name, parameter.shape), name.split(".")
            if name == "logit_scale":
                parameter.fill_(math.log(1 / 0.07))
            elif part[-1] == "gamma":
                parameter.copy_(0.6 + 0.2 * noise)
            elif part[-1] == "weight" and part[-2].startswith("ln_"):
                parameter.copy_(1 + 0.2 * noise)
            elif part[-1].endswith("bias"):
                parameter.copy_(0.1 * noise)
            elif part[-1] == "query":
                parameter.copy_(noise)
            elif parameter.ndim == 1 or "embedding" in name:
                parameter.copy_(0.15 * noise)
            else:  # a Linear or a convolution is [out, in…], a bare projection [in, out]
                is_bare = part[-1] in ("proj", "text_projection")
                inputs = parameter.shape[0] if is_bare else parameter[0].numel()
                parameter.copy_(noise * inputs ** -0.5)


def export(reference, folder):
    """A folder that open_clip and the project load."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in reference.model.state_dict().items()},
              folder / "open_clip_model.safetensors")
    preprocessing = {"mean": open_clip.OPENAI_DATASET_MEAN, "std": open_clip.OPENAI_DATASET_STD,
                     "interpolation": "bicubic", "resize_mode": "shortest"}
    (folder / "open_clip_config.json").write_text(json.dumps(
        {"model_cfg": reference.configuration, "preprocess_cfg": preprocessing}, indent=1) + "\n")


def greedy(model, images, start, end, limit):
    """Captions by open_clip's own `generate`, each cut after its end."""
    # At `seq_len` it forces the end, so it is asked for one id more than is compared.
    rows = model.generate(
        images, seq_len=limit + 1, min_seq_len=0, generation_type="top_k", top_k=1,
        sot_token_id=start, eos_token_id=end)[:, :limit].tolist()
    return [row[:row.index(end) + 1] if end in row else row for row in rows]
