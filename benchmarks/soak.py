#!/usr/bin/env python3
"""Memory of `nclip embed images` over a long run, sampled four times a second (Linux): prints ten points of the curve and the peak.

usage: soak.py FOLDER --model MODEL [--points 10]     build first: dotnet build -c Release"""
import argparse, os, subprocess, tempfile, time

ap = argparse.ArgumentParser(); ap.add_argument("folder"); ap.add_argument("--model", required=True); ap.add_argument("--points", type=int, default=10); a = ap.parse_args()
root, photos = os.path.dirname(os.path.dirname(os.path.abspath(__file__))), len(os.listdir(a.folder))
out = tempfile.mkdtemp(); begin, curve = time.time(), []
run = subprocess.Popen(["dotnet", f"{root}/src/NClip.Cli/bin/Release/net10.0/nclip.dll", "embed", "images", a.folder, "-o", f"{out}/x.npy", "--model", a.model], stdout=subprocess.DEVNULL)
while run.poll() is None:
    try: lines = dict(l.split(":", 1) for l in open(f"/proc/{run.pid}/status") if l.startswith(("VmRSS", "RssAnon")))
    except OSError: break
    if len(lines) == 2: curve.append((time.time() - begin, *(int(lines[k].split()[0]) / 1024 for k in ("VmRSS", "RssAnon"))))
    time.sleep(0.25)
seconds = time.time() - begin
if run.wait(): raise SystemExit(f"nclip ended with {run.returncode}")
print(f"{photos} photos in {seconds:.0f} s ({photos / seconds:.1f}/s), peak {max(c[1] for c in curve):.0f} MB resident\n\n| part of the run | resident MB | of it private |\n|---|---|---|")
for i in range(1, a.points + 1):
    t, rss, anon = curve[min(len(curve) - 1, len(curve) * i // a.points - 1)]
    print(f"| {100 * i // a.points} % ({t:.0f} s) | {rss:.0f} | {anon:.0f} |")
