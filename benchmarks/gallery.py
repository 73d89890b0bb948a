#!/usr/bin/env python3
"""How good the two cut-offs of a gallery are: the threshold of `nclip search` (found against labelled) and the cut-off of `nclip duplicates` (copies that were made against found).
usage: gallery.py LABELLED.tar PHOTOS.tar -- COMMAND...    (tars of NAME.jpg with NAME.cls or without; variants are made by ImageMagick's convert)"""
import collections, json, os, subprocess, sys, tarfile, tempfile

labelled, photos, command = sys.argv[1], sys.argv[2], sys.argv[sys.argv.index("--") + 1:]
tmp = tempfile.TemporaryDirectory()
def nclip(*a): return [json.loads(l) for l in subprocess.run(command + list(a), capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout.splitlines() if l.startswith("{")]
def unpack(tar, name):
    folder = os.path.join(tmp.name, name); os.makedirs(folder)
    with tarfile.open(tar) as t: t.extractall(folder, [m for m in t if m.name.endswith(".jpg")], filter="data")
    return folder

folder = unpack(labelled, "labelled"); gallery = folder + ".nclip"; nclip("index", folder, "--into", gallery)
def kind(file): return os.path.basename(file).rsplit("_", 1)[0]
all_of = collections.Counter(kind(f) for f in os.listdir(folder)); right = found = 0
for name, count in sorted(all_of.items()):
    plain = nclip("search", gallery, "a photo of a " + name.replace("_", " "), "--json")
    right += sum(kind(r["file"]) == name for r in plain); found += len(plain)
    print(f"{name}: {len(plain)} shown, {sum(kind(r['file']) == name for r in plain)} of them right, {count} there")
print(f"threshold: precision {right / max(1, found):.3f} of what is shown, recall {right / sum(min(20, c) for c in all_of.values()):.3f} of the 20 that can be shown at most")

folder = unpack(photos, "photos"); names = sorted(os.listdir(folder)); made = collections.defaultdict(set)
variants = {"half": ["-resize", "50%"], "quality 40": ["-quality", "40"], "brighter": ["-modulate", "115"], "crop 90": ["-gravity", "center", "-crop", "90%x90%+0+0", "+repage"], "crop 75": ["-gravity", "center", "-crop", "75%x75%+0+0", "+repage"], "grey": ["-colorspace", "Gray"], "mirrored": ["-flop"]}
for name in names:
    for i, (variant, arguments) in enumerate(variants.items()):
        subprocess.run(["convert", f"{folder}/{name}", *arguments, f"{folder}/{name[:-4]}.v{i}.jpg"], check=True)
gallery = folder + ".nclip"; nclip("index", folder, "--into", gallery)
def origin(file): return os.path.basename(file).split(".")[0]
for threshold in ("0.90", "0.95", "0.97", "0.98", "0.99"):
    groups = nclip("duplicates", gallery, "--threshold", threshold, "--json"); hit = collections.Counter(); wrong = 0
    for g in groups:
        members = [g["keep"]] + [o["file"] for o in g["others"]]
        main = collections.Counter(map(origin, members)).most_common(1)[0][0]
        whole = [m for m in members if origin(m) == main]; wrong += len(members) - len(whole)
        if len(whole) > 1 and any("." not in os.path.basename(m)[:-4] for m in whole): # with its origin
            for m in whole:
                if "." in os.path.basename(m)[:-4]: hit[list(variants)[int(os.path.basename(m).split(".v")[1][0])]] += 1
    print(f"duplicates at {threshold}: {wrong} pictures in a group of another; found with their origin, of {len(names)} each: " + ", ".join(f"{v} {hit[v]}" for v in variants))
