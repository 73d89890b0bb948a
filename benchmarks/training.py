#!/usr/bin/env python3
"""Ratios of training speed on this machine, each pair in turns (A B A B ...): bf16 to fp32, shards to data in memory, NClip to PyTorch. Prints a Markdown table.

usage: training.py [--only small-bf16,vit-b-32-bf16,shards,peer] [--turns 3] [--steps 5] [--threads 1] [--shards "flickr8k/train-{000..002}.tar"] [--peer train.py] [--python python3]
Build first: dotnet build -c Release src/NClip.Training.Cli. --peer is a script that prints {"peer": ..., "pairs_per_s": N} for the small model below (batch 128, AdamW)."""
import argparse, json, os, statistics, subprocess, sys, tempfile

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ap = argparse.ArgumentParser()
ap.add_argument("--only", default="small-bf16,vit-b-32-bf16,shards,peer"); ap.add_argument("--turns", type=int, default=3); ap.add_argument("--steps", type=int, default=5)
ap.add_argument("--threads", type=int, default=1); ap.add_argument("--shards"); ap.add_argument("--peer"); ap.add_argument("--python", default="python3")
a = ap.parse_args(); wanted = a.only.split(",")
train = ["dotnet", f"{root}/src/NClip.Training.Cli/bin/Release/net10.0/nclip-train.dll"]
SMALL = dict(embed_dim=256, vision_cfg=dict(image_size=64, layers=6, width=256, head_width=64, patch_size=8), text_cfg=dict(context_length=32, vocab_size=49408, width=256, heads=4, layers=6))
VIT = dict(embed_dim=512, vision_cfg=dict(image_size=224, layers=12, width=768, patch_size=32), text_cfg=dict(context_length=77, vocab_size=49408, width=512, heads=8, layers=12))

def run(model, batch, source=None, **more):
    """Pairs a second: the median of the steps behind the first two."""
    with tempfile.TemporaryDirectory() as tmp:
        json.dump(model, open(f"{tmp}/model.json", "w"))
        keys = dict(batch=batch, steps=a.steps + 2, lr=5e-4, checkpoint_every=10**6, threads=a.threads, workers=2, window=512, **more)
        open(f"{tmp}/run.toml", "w").write(f'output = "{tmp}/out"\n[model]\nconfig = "model.json"\n[[data.train]]\nsource = "{source or "synthetic://" + str(model["vision_cfg"]["image_size"])}"\n[train]\n'
                                           + "".join(f"{k} = {json.dumps(v)}\n" for k, v in keys.items()))
        p = subprocess.run([*train, f"{tmp}/run.toml"], capture_output=True, text=True)
        if p.returncode: sys.exit(f"nclip-train failed:\n{p.stderr}")
        return statistics.median(json.loads(l)["pairs_per_s"] for l in open(f"{tmp}/out/metrics.jsonl").readlines()[2:])

def peer():
    p = subprocess.run([a.python, a.peer, "--threads", str(a.threads)], capture_output=True, text=True)
    if p.returncode: sys.exit(f"{a.peer} failed:\n{p.stderr}")
    return json.loads([l for l in p.stdout.splitlines() if l.startswith("{")][-1])["pairs_per_s"]

def show(work, first, second):
    pairs = [(first(), second()) for _ in range(a.turns)]
    ratios = sorted(x / y for x, y in pairs)
    print(f"| {work} | {statistics.median(x for x, _ in pairs):.4g} | {statistics.median(y for _, y in pairs):.4g} | {statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f}) |", flush=True)

flags = set(open("/proc/cpuinfo").read().split()) if os.path.exists("/proc/cpuinfo") else set()
print(f"bfloat16 in this processor: {'yes' if flags & {'avx512_bf16', 'amx_bf16'} else 'no'}; {a.threads} thread(s), {a.steps} steps of {a.turns} turns\n\n| work | first, pairs/s | second, pairs/s | ratio: median (range) |\n|---|---|---|---|", flush=True)
if "small-bf16" in wanted: show("small CLIP, batch 128: bf16, fp32", lambda: run(SMALL, 128, precision="bf16"), lambda: run(SMALL, 128))
if "vit-b-32-bf16" in wanted: show("ViT-B/32, batch 16: bf16, fp32", lambda: run(VIT, 16, precision="bf16"), lambda: run(VIT, 16))
if "shards" in wanted and a.shards: show("small CLIP, batch 128: shards, noise in memory", lambda: run(SMALL, 128, os.path.abspath(a.shards)), lambda: run(SMALL, 128))
if "peer" in wanted and a.peer: show("small CLIP, batch 128: NClip, PyTorch", lambda: run(SMALL, 128), peer)
