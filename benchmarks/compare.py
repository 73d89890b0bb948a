#!/usr/bin/env python3
"""NClip beside its peers on this machine: each pair takes turns (A B A B ...), the ratio is that of neighbours. Prints a Markdown table.

usage: compare.py --model VITB32.safetensors [--only tower,pixels,tokens,cold,path,probe] [--turns 3]
                  [--jpeg FILE] [--captions FILE.txt --clip CLIP_CHECKOUT --ftfy FTFY_CHECKOUT] [--photos FOLDER] [--python python3]
Build first: dotnet build -c Release. A random ViT-B/32 is as fast as a real one: benchmarks/random_vitb32.py."""
import argparse, json, os, statistics, subprocess, sys, tempfile, time

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ap = argparse.ArgumentParser()
for name in ("model", "jpeg", "captions", "clip", "ftfy", "photos"): ap.add_argument("--" + name)
ap.add_argument("--only", default="tower,pixels,tokens,cold,path,probe"); ap.add_argument("--turns", type=int, default=3); ap.add_argument("--python", default="python3")
a = ap.parse_args()
nclip = ["dotnet", f"{root}/src/NClip.Cli/bin/Release/net10.0/nclip.dll"]
bench = ["dotnet", f"{root}/benchmarks/NClip.Benchmarks/bin/Release/net10.0/NClip.Benchmarks.dll"]
peer = lambda name, *rest: [a.python, f"{root}/benchmarks/peers/{name}.py", *map(str, rest)]
wanted = a.only.split(",")

def rows(command):
    p = subprocess.run(command, capture_output=True, text=True)
    if p.returncode: sys.exit(f"{' '.join(command)} failed:\n{p.stderr}")
    return [json.loads(line) for line in p.stdout.splitlines() if line.startswith("{")]

def show(work, ours, theirs, unit, faster):
    """faster(o, t): how many times faster ours is."""
    ratios = sorted(faster(o, t) for o, t in zip(ours, theirs)); middle = statistics.median
    print(f"| {work} | {middle(ours):.4g} {unit} | {middle(theirs):.4g} {unit} | {middle(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f}) |", flush=True)

rate, cost = lambda o, t: o / t, lambda o, t: t / o
print("| work | NClip | peer | times faster: median (range) |\n|---|---|---|---|", flush=True)

if "tower" in wanted:
    for threads in (1, 2):
        pairs = [([r for r in rows([*nclip, "bench", "--model", a.model, "--threads", str(threads), "--batch", "8", "--precision", "fp32", "--seconds", "4", "--json"]) if "batch" in r][0],
                  rows(peer("torch_tower", "--threads", threads, "--batch", 8, "--seconds", 6))[0]) for _ in range(a.turns)]
        show(f"ViT-B/32 image tower, float32, batch 8, {threads} thread(s); {pairs[0][1]['peer']}", [o["images_per_second"] for o, _ in pairs], [t["images_per_second"] for _, t in pairs], "images/s", rate)

if "pixels" in wanted:
    ours, theirs = [], []
    for _ in range(a.turns):
        ours.append({r["work"]: r["cpu_ms"] for r in rows([*bench, "pixels", a.jpeg, "--seconds", "0.5", "--repeats", "3"])}); theirs.append(rows(peer("pillow_pixels", a.jpeg))[0])
    best = next(k for k in ours[0] if k.startswith("resize"))
    show(f"{os.path.basename(a.jpeg)}: {best}; {theirs[0]['peer']}", [o[best] for o in ours], [t["resize"] for t in theirs], "ms", cost)
    for work in ("file to tensor", "file to tensor, FastJpeg"): show(f"{os.path.basename(a.jpeg)}: {work}; {theirs[0]['peer']}", [o[work] for o in ours], [t["file_to_tensor"] for t in theirs], "ms", cost)
    show(f"{os.path.basename(a.jpeg)}: FastJpeg; our exact path", [o["file to tensor, FastJpeg"] for o in ours], [o["file to tensor"] for o in ours], "ms", cost)

if "tokens" in wanted:
    pairs = [(rows([*bench, "tokenizer", a.captions])[0], rows(peer("openai_tokens", a.clip, a.ftfy, a.captions))[0]) for _ in range(a.turns)]
    assert pairs[0][0]["tokens"] == pairs[0][1]["tokens"], "the two give different numbers of tokens"
    show(f"fresh captions ({pairs[0][1]['tokens']:,} tokens), 1 thread; {pairs[0][1]['peer']}", [o["tokens_per_s"] / 1e6 for o, _ in pairs], [t["tokens_per_s"] / 1e6 for _, t in pairs], "M tokens/s", rate)

if "probe" in wanted:
    with tempfile.TemporaryDirectory() as made:
        rows(peer("sklearn_probe", made, "--repeats", 1))  # makes the rows
        pairs = [(rows([*bench, "probe", made])[0], rows(peer("sklearn_probe", made))[0]) for _ in range(a.turns)]
    o, t = pairs[0]
    show(f"{o['work']}; {t['peer']} (objective {o['objective']:.1f} in {o['iterations']} iterations; {t['objective']:.1f} in {t['iterations']})", [o["s"] for o, _ in pairs], [t["s"] for _, t in pairs], "s", cost)

def cold(command):
    begin = time.time()
    p = subprocess.run(command, capture_output=True, text=True)
    if p.returncode: sys.exit(f"{' '.join(command)} failed:\n{p.stderr}")
    return time.time() - begin

if "cold" in wanted:
    with tempfile.TemporaryDirectory() as out:
        photo = f"{root}/samples/chelsea.png"
        times = {}
        for i in range(a.turns + 1):
            for key, command in (("ViT-B/32, one photo to a vector", [*nclip, "embed", "images", photo, "-o", f"{out}/{i}.npy", "--model", a.model]),
                                 ("nclip-mini, classify one photo", [*nclip, "classify", photo, "--labels", "cat,dog"]), ("import torch", [a.python, "-c", "import torch"])):
                t = cold(command)
                if i: times.setdefault(key, []).append(t)  # the first turn fills the page cache
        for key in list(times)[:2]: show(f"cold process: {key}; `import torch` alone", times[key], times["import torch"], "s", cost)

if "path" in wanted:
    print(flush=True)
    for r in rows([*bench, "path", a.model, a.photos]): print(f"- {r['work']}: " + (f"{100 * r['share']:.1f} % (each of {len(r['repeats'])}: {', '.join(f'{100 * x:.1f}' for x in r['repeats'])})" if "share" in r else f"{r['images_per_s']:.4g} photos/s of {r['photos']:.0f}"), flush=True)
