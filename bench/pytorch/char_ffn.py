"""The default model of `lockstep train` in PyTorch, in fp32: a witness for its losses.

Trains with the same recipe on the same text (its own random numbers, so seeds are not the same):

    python3 bench/pytorch/char_ffn.py --legal JAVA_HOME/legal --steps 3000 --seeds 1,2,3

or computes the validation loss of a checkpoint that `lockstep train` wrote:

    python3 bench/pytorch/char_ffn.py --legal JAVA_HOME/legal --checkpoint runs/train/checkpoint.safetensors
"""
import argparse
import json
import math
import pathlib
import struct
import time

import numpy as np
import torch
import torch.nn.functional as F

CONTEXT, EMBEDDING, WIDTH, HIDDEN, BLOCKS, BATCH = 16, 32, 128, 384, 2, 256
PEAK, WARMUP, FINAL, DECAY, CLIP, EPS = 3e-3, 30, 0.1, 0.1, 1.0, 1e-5


def corpus(legal):
    """Every file below a folder, by path, each content once, a newline between."""
    root = pathlib.Path(legal)
    files = sorted((p for p in root.rglob("*") if p.is_file()), key=lambda p: p.relative_to(root).as_posix())
    texts = dict.fromkeys(t for t in (p.read_bytes() for p in files) if t)
    text = torch.from_numpy(np.frombuffer(b"\n".join(texts), dtype=np.uint8).astype(np.int64))
    return text, len(text) - len(text) // 10


def drawn(seed):
    """Weights as `--init lecun` draws them: normal, 1 / sqrt(fan in); embeddings 0.3; norms 1; biases 0."""
    torch.manual_seed(seed)

    def matrix(out, fan_in):
        return torch.randn(out, fan_in) / math.sqrt(fan_in)

    weights = {
        "emb.weight": torch.randn(256, EMBEDDING) * 0.3,
        "in.weight": matrix(WIDTH, CONTEXT * EMBEDDING),
        "in.bias": torch.zeros(WIDTH),
        "final_norm.weight": torch.ones(WIDTH),
        "head.weight": matrix(256, WIDTH),
        "head.bias": torch.zeros(256),
    }
    for b in range(BLOCKS):
        weights[f"blocks.{b}.norm.weight"] = torch.ones(WIDTH)
        weights[f"blocks.{b}.gate.weight"] = matrix(HIDDEN, WIDTH)
        weights[f"blocks.{b}.up.weight"] = matrix(HIDDEN, WIDTH)
        weights[f"blocks.{b}.down.weight"] = matrix(WIDTH, HIDDEN)
    return weights


def read(checkpoint):
    """The weights of a safetensors file, without the library."""
    data = pathlib.Path(checkpoint).read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    weights = {}
    for name in drawn(0):
        entry = header[name]
        assert entry["dtype"] == "F32", entry
        first, last = (8 + size + offset for offset in entry["data_offsets"])
        weights[name] = torch.from_numpy(np.frombuffer(data[first:last], dtype=np.float32).copy()).view(entry["shape"])
    return weights


def rms_norm(x, weight):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPS) * weight


def logits(w, contexts):
    x = F.linear(F.embedding(contexts, w["emb.weight"]).flatten(1), w["in.weight"], w["in.bias"])
    for b in range(BLOCKS):
        n = rms_norm(x, w[f"blocks.{b}.norm.weight"])
        h = F.silu(F.linear(n, w[f"blocks.{b}.gate.weight"])) * F.linear(n, w[f"blocks.{b}.up.weight"])
        x = x + F.linear(h, w[f"blocks.{b}.down.weight"])
    return F.linear(rms_norm(x, w["final_norm.weight"]), w["head.weight"], w["head.bias"])


def batch(text, at):
    """The contexts before the bytes at these places, and those bytes."""
    window = text[at[:, None] + torch.arange(-CONTEXT, 1)]
    return window[:, :-1], window[:, -1]


@torch.no_grad()
def validation(w, text, split):
    total = 0.0
    for first in range(split, len(text), 4096):
        contexts, targets = batch(text, torch.arange(first, min(first + 4096, len(text))))
        total += F.cross_entropy(logits(w, contexts), targets, reduction="sum").item()
    return total / (len(text) - split) / math.log(2)


def rate(step, steps):
    if step < WARMUP:
        return PEAK * (step + 1) / WARMUP
    p = (step - WARMUP) / (steps - WARMUP)
    return PEAK * (FINAL + (1 - FINAL) * 0.5 * (1 + math.cos(math.pi * p)))


def train(text, split, steps, seed):
    w = {name: tensor.requires_grad_() for name, tensor in drawn(seed).items()}
    decayed = [t for n, t in w.items() if t.dim() == 2 and n != "emb.weight"]
    others = [t for n, t in w.items() if t.dim() == 1 or n == "emb.weight"]
    adam = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}], betas=(0.9, 0.999), eps=1e-8
    )
    for step in range(steps):
        for group in adam.param_groups:
            group["lr"] = rate(step, steps)
        contexts, targets = batch(text, torch.randint(CONTEXT, split, (BATCH,)))
        adam.zero_grad()
        F.cross_entropy(logits(w, contexts), targets).backward()
        torch.nn.utils.clip_grad_norm_(list(w.values()), CLIP)
        adam.step()
    return w


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--legal", required=True, help="folder of the text: JAVA_HOME/legal")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--checkpoint", help="compute the validation loss of this checkpoint instead of training")
    options = parser.parse_args()
    text, split = corpus(options.legal)
    print(f"text: {split} bytes to train on, {len(text) - split} held out", flush=True)
    if options.checkpoint:
        print(f"validation {validation(read(options.checkpoint), text, split):.4f} bits per byte")
        return
    for seed in map(int, options.seeds.split(",")):
        began = time.time()
        w = train(text, split, options.steps, seed)
        print(f"seed {seed}: validation {validation(w, text, split):.4f} bits per byte, {time.time() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
