#!/usr/bin/env python3
"""Two processes of one thread each beside one process of two threads, the same run file: pairs a second of the steps behind the first five. They take turns (A B A B ...).
usage: ranks.py SHARD.tar [--turns 3] [--nclip "dotnet src/NClip.Cli/bin/Release/net10.0/nclip.dll train"]     Needs mpiexec.hydra (Debian: mpich)."""
import argparse, json, os, shlex, statistics, subprocess, tempfile

ap = argparse.ArgumentParser(); ap.add_argument("shard"); ap.add_argument("--turns", type=int, default=3)
ap.add_argument("--nclip", default="dotnet src/NClip.Cli/bin/Release/net10.0/nclip.dll train"); a = ap.parse_args()
with tempfile.TemporaryDirectory() as tmp:
    json.dump({"embed_dim": 256, "vision_cfg": {"image_size": 64, "layers": 6, "width": 256, "head_width": 64, "patch_size": 8}, "text_cfg": {"context_length": 32, "vocab_size": 49408, "width": 256, "heads": 4, "layers": 6}}, open(tmp + "/model.json", "w"))
    open(tmp + "/run.toml", "w").write(f'output = "out"\nseed = 1\n[model]\nconfig = "model.json"\n[[data.train]]\nsource = "{os.path.abspath(a.shard)}"\n[train]\nbatch = 128\nsteps = 15\nlr = 5e-4\nwarmup = 5\n')

    def rate(name, threads, launcher=()):
        p = subprocess.run([*launcher, *shlex.split(a.nclip), tmp + "/run.toml", "--set", f"output={name}", "--set", f"threads={threads}", "--set", f"workers={threads}"], capture_output=True, text=True)
        if p.returncode: raise SystemExit(p.stderr)
        steps = [json.loads(l)["pairs_per_s"] for l in open(f"{tmp}/{name}/metrics.jsonl")][5:]
        return len(steps) / sum(1 / s for s in steps)

    ratios = []
    for turn in range(a.turns):
        one, two = rate(f"one{turn}", 2), rate(f"two{turn}", 1, ("mpiexec.hydra", "-n", "2"))
        ratios.append(two / one)
        print(f"one process, two threads {one:.1f} pairs/s; two processes, one thread each {two:.1f}; ratio {two / one:.2f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f}; load of the machine {os.getloadavg()[0]:.1f}")
