#!/usr/bin/env python3
"""`nclip index` ended by SIGKILL, again and again at random moments of its work (standard library only): the gallery that the last run leaves is that of a run nobody
disturbed, entry by entry.   usage: index_killed.py COMMAND...     Last line: N passed, N failed."""
import json, os, random, shutil, signal, subprocess, sys, tempfile, time

command, tmp, pictures, wanted = sys.argv[1:], tempfile.mkdtemp(), 600, 8


def draw():
    """pictures of 64 x 64 that all differ"""
    os.makedirs(f"{tmp}/photos")
    for n in range(pictures):
        colour = bytes([n * 37 & 255, n * 101 & 255, n & 255])
        open(f"{tmp}/photos/{n:04}.ppm", "wb").write(b"P6\n64 64\n255\n" + colour * 2048 + bytes(255 - c for c in colour) * 2048)


def index(gallery, seconds=None):
    """indexes; killed after so long if it is still at work. Whether it was killed, and what it counted."""
    p = subprocess.Popen([*command, "index", f"{tmp}/photos", "--into", gallery, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try: out, err = p.communicate(timeout=seconds or 600)
    except subprocess.TimeoutExpired:
        p.send_signal(signal.SIGKILL); p.communicate()
        return True, None
    if p.returncode: raise RuntimeError(f"index ended with {p.returncode}: {err[-500:]}")
    return False, json.loads(out.splitlines()[-1])


def answers(gallery):
    """every entry of the gallery with its score, for two words"""
    def one(word):
        p = subprocess.run([*command, "search", gallery, word, "--top", str(pictures + 10), "--json"], capture_output=True, text=True, timeout=300)
        if p.returncode: raise RuntimeError(f"search ended with {p.returncode}: {p.stderr[-500:]}")
        return sorted((os.path.basename(r["file"]), round(r["score"], 5)) for r in map(json.loads, p.stdout.splitlines()))
    return [one("red"), one("a night sky")]


def killed():
    random.seed(5)
    begun = time.time(); index(f"{tmp}/whole"); whole = time.time() - begun
    expected = answers(f"{tmp}/whole")
    assert len(expected[0]) == pictures, f"{len(expected[0])} entries"
    kills, kept, galleries, differ = 0, 0, 0, 0
    while kills < wanted and galleries < 30:
        gallery, own = f"{tmp}/killed", 0
        while True:
            begun = time.time(); was, counts = index(gallery, whole * random.uniform(.4, .95))
            if not was: break
            own += 1
        if own:
            kept += counts["added"] < pictures # some of it had been written before the last run
            differ += answers(gallery) != expected
        else: whole = time.time() - begun # quicker than the first one, which met a cold machine
        kills += own; galleries += 1
        shutil.rmtree(gallery)
    return kills >= wanted and kept > 0 and differ == 0, f"{kills} kills in {galleries} galleries, {kept} of which had something to go on from, {differ} differ"


draw(); begun = time.time()
try: ok, what = killed()
except Exception as e: ok, what = False, f"{type(e).__name__}: {e}"
finally: shutil.rmtree(tmp, ignore_errors=True)
print(f"{'ok  ' if ok else 'FAIL'} killed     {what}  ({time.time() - begun:.0f} s)")
print(f"{int(ok)} passed, {int(not ok)} failed")
sys.exit(not ok)
