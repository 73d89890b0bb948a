#!/usr/bin/env python3
"""Measures a gallery of 100,000 pictures (standard library only; Linux): small JPEG files, each a copy of one of --photos with a comment of its own, their vectors random and put in ready-made.
usage: hundred_thousand.py [--pictures N] [--photos FOLDER] [--model NAME|FOLDER|FILE] [--repeats 5] [--page] [--keep FOLDER] [-- COMMAND...]
  prints JSON lines, median, every repeat, and the processor's seconds of one (which other programs move less): `nclip index` over the unchanged files, and a cold `nclip search`, process start included; with --page what benchmarks/page.py measures
  --photos: JPEG files up to 20 kB (default: those of tests/reference); --keep: where files and gallery are made and stay (and are taken from when they are there); COMMAND: default the build's, better a published one
The gallery, for page.py and server.py --gallery: hundred_thousand.py --keep FOLDER, then FOLDER/g."""
import argparse, array, json, os, random, resource, shutil, statistics, subprocess, sys, tempfile, time
import page
from served import ROOT, own_and_command

PHOTOS = os.path.join(ROOT, "tests/reference/preprocess/images")
AT_A_TIME = 5_000  # rows of random values that are held


def run(command):
    said = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if said.returncode: raise SystemExit(f"{' '.join(command)}: exit code {said.returncode}\n{said.stderr}")
    return said.stdout


def timed(command, repeats):
    """Seconds of each, process start included, the processor's of one, and what the last said."""
    seconds, before = [], cpu()
    for _ in range(repeats):
        start = time.perf_counter(); out = run(command); seconds.append(time.perf_counter() - start)
    return seconds, (cpu() - before) / repeats, out


def cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def report(work, seconds, cpu_s, **facts):
    print(json.dumps({"work": work, **facts, "cpu_s": round(cpu_s, 2), "s": round(statistics.median(seconds), 3), "repeats": [round(s, 3) for s in seconds]}), flush=True)


def small_jpegs(folder):
    """Bytes of its JPEG files that are small, and larger than an icon."""
    paths = sorted(os.path.join(folder, n) for n in os.listdir(folder) if n.lower().endswith((".jpg", ".jpeg")))
    photos = [open(p, "rb").read() for p in paths if 2_000 < os.path.getsize(p) <= 20_000]
    photos = [b for b in photos if b[:2] == b"\xff\xd8" and b.rstrip(b"\0")[-2:] == b"\xff\xd9"]
    return photos or sys.exit(f"{folder} has no JPEG file of 2 to 20 kB. Name another with --photos.")


def make_files(folder, photos, count):
    """COUNT files in folders of 1,000, changed a day ago; each content is its own."""
    paths, yesterday = [], time.time() - 86_400
    for i in range(count):
        if i % 1000 == 0: os.makedirs(os.path.join(folder, f"{i // 1000:03}"))
        paths.append(os.path.join(folder, f"{i // 1000:03}", f"picture-{i:06}.jpg"))
        photo, comment = photos[i % len(photos)], b"%d" % i
        with open(paths[-1], "wb") as f: f.write(b"\xff\xd8\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + photo[2:])
        os.utime(paths[-1], (yesterday, yesterday))
    return paths


def write_features(path, names, dimension):
    """Random vectors [N, D] as `nclip embed images` writes features."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({len(names)}, {dimension}), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    rng = random.Random(1)
    with open(path, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
        for first in range(0, len(names), AT_A_TIME):
            values = array.array("f", array.array("b", rng.randbytes(min(AT_A_TIME, len(names) - first) * dimension)))
            if sys.byteorder == "big": values.byteswap()
            values.tofile(f)
    with open(path + ".rows.jsonl", "w") as f: f.writelines(json.dumps({"file": n}) + "\n" for n in names)


def make(folder, command, model, photos, count):
    """Files, vectors and the gallery; gives the folder of the pictures and the gallery."""
    pictures, gallery, features = (os.path.join(folder, n) for n in ("pictures", "g", "features.npy"))
    if os.path.isdir(gallery): return pictures, gallery
    dimension = json.loads(run(command + ["model", "info", "--json", *model]))["dimensions"]
    write_features(features, make_files(pictures, small_jpegs(photos), count), dimension)
    seconds, cpu_s, _ = timed(command + ["index", "--features", features, "--into", gallery, "--json", *model], 1)
    report("nclip index --features, nothing decoded", seconds, cpu_s, pictures=count, dimension=dimension)
    for name in (features, features + ".rows.jsonl"): os.remove(name)
    run(command + ["index", pictures, "--into", gallery, "--json", *model])  # the gallery knows its folder from now on
    return pictures, gallery


def main():
    own, command = own_and_command(sys.argv[1:])
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("--pictures", type=int, default=100_000)
    p.add_argument("--photos", default=PHOTOS)
    p.add_argument("--model")
    p.add_argument("--repeats", type=int, default=5)
    p.add_argument("--page", action="store_true")
    p.add_argument("--keep")
    a = p.parse_args(own)
    model = ["--model", a.model] if a.model else []
    if a.keep: os.makedirs(a.keep, exist_ok=True)
    folder = os.path.abspath(a.keep) if a.keep else tempfile.mkdtemp(prefix="nclip-")
    try:
        pictures, gallery = make(folder, command, model, a.photos, a.pictures)
        seconds, cpu_s, said = timed(command + ["index", pictures, "--into", gallery, "--json", *model], a.repeats)
        found = json.loads(said)
        if found["added"] + found["changed"] + found["removed"] + found["failed"]: raise SystemExit(f"the files changed: {said}")
        report("nclip index, nothing changed", seconds, cpu_s, pictures=found["unchanged"])
        seconds, cpu_s, said = timed(command + ["search", gallery, "a red car", "--top", "10", *model], a.repeats)
        if len(said.splitlines()) != 10: raise SystemExit(f"ten answers were expected:\n{said}")
        report("nclip search \"a red car\" --top 10, cold", seconds, cpu_s, pictures=found["unchanged"], model=a.model or "nclip-mini")
        if a.page: page.measure(gallery, command, model, a.repeats)
    finally:
        if not a.keep: shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__": main()
