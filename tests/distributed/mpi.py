#!/usr/bin/env python3
"""`nclip train` under a real MPI launcher (standard library only): the losses of one process, killed and gone on with, refused, failed.
usage: mpi.py COMMAND...     (mpiexec.hydra has to be there; Debian: mpich; MPI_LAUNCHER="mpirun.openmpi --allow-run-as-root --oversubscribe" takes another), or mpi.py --pairs FOLDER: only its pictures and model. Last line: N passed, N failed."""
import json, os, random, shlex, shutil, signal, struct, subprocess, sys, tempfile, time, zlib

command, launcher, tmp, results = sys.argv[1:], shlex.split(os.environ.get("MPI_LAUNCHER") or shutil.which("mpiexec.hydra") or shutil.which("mpiexec") or ""), tempfile.mkdtemp(), []
if not command: sys.exit(__doc__)


def png(i):
    def chunk(kind, data): return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    r = random.Random(i); row = lambda: b"\0" + bytes((40 * (i % 6) + r.randrange(40), 255 - 40 * (i % 6) - r.randrange(40), r.randrange(255)) [k % 3] for k in range(96))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"".join(row() for _ in range(32)))) + chunk(b"IEND", b"")


def pairs(folder):
    """96 small pictures with two captions each, and a model as small"""
    os.mkdir(folder + "/pairs")
    for i in range(96):
        open(f"{folder}/pairs/{i:03}.png", "wb").write(png(i)); open(f"{folder}/pairs/{i:03}.txt", "w").write(f"picture {i} of kind {i % 6}\nkind {i % 6}")
    json.dump({"embed_dim": 32, "init_logit_bias": -10, "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "head_width": 32, "patch_size": 8}, "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2}}, open(folder + "/small.json", "w"))


if command[:1] == ["--pairs"]: pairs(command[1]); sys.exit()
if not launcher: sys.exit("there is no mpiexec (Debian: mpich)")
pairs(tmp)


def run_file(name, **train):
    keys = dict(batch=32, steps=12, lr=1e-3, warmup=2, checkpoint_every=3, workers=1, threads=1); keys.update(train)
    open(f"{tmp}/{name}.toml", "w").write(f'output = "{name}"\nseed = 7\n[model]\nconfig = "small.json"\n[[data.train]]\nsource = "pairs"\n[train]\n' + "".join(f"{k} = {json.dumps(v)}\n" for k, v in keys.items()))
    return f"{tmp}/{name}.toml"


def together(n, file, *words): return launcher + ["-n", str(n)] + command + ["train", file, *words]
def call(words, env=None): return subprocess.run(words, capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL, env=env)
def said(p): return f"exit {p.returncode}: {p.stderr.strip()[-300:]}"
def losses(name): return {r["step"]: r["loss"] for r in map(json.loads, open(f"{tmp}/{name}/metrics.jsonl"))}
def lines(name): return open(f"{tmp}/{name}/metrics.jsonl").read().count("\n") if os.path.exists(f"{tmp}/{name}/metrics.jsonl") else 0


def children(pid):
    """all processes under one, in order of their numbers"""
    parents = {}
    for d in os.listdir("/proc"):
        try: parents.setdefault(int(open(f"/proc/{d}/stat").read().rsplit(")", 1)[1].split()[1]), []).append(int(d))
        except (OSError, ValueError): pass
    found, todo = [], [pid]
    while todo: below = parents.get(todo.pop(), []); found += below; todo += below
    return sorted(found)


def check(f):
    t = time.time()
    try: ok, text = f()
    except Exception as e: ok, text = False, f"{type(e).__name__}: {str(e)[:300]}"
    results.append(ok); print(f"{'ok  ' if ok else 'FAIL'} {f.__name__:12} {text}  ({time.time() - t:.0f} s)", flush=True)


def equal(name, *sizes, **train):
    p = call(command + ["train", run_file(name + "1", **train)])
    if p.returncode: return False, said(p)
    text = []
    for n in sizes:
        p = call(together(n, run_file(f"{name}{n}", **train)))
        if p.returncode: return False, said(p)
        a, b = losses(name + "1"), losses(f"{name}{n}")
        text.append((n, max(abs(a[s] - b[s]) for s in a)))
        if len(b) != 12: return False, f"{len(b)} steps"
    return all(d <= 1e-5 for _, d in text), ", ".join(f"{n} processes: {d:.1e}" for n, d in text)


@check
def clip(): return equal("clip", 2, 4)
@check
def siglip(): return equal("siglip", 2, loss="siglip", accumulate=2)


@check
def killed():
    """one of two processes ends by SIGKILL: the other ends, and the call goes on to the losses of one that was not disturbed"""
    f = run_file("killed")
    p = subprocess.Popen(together(2, f), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while p.poll() is None and lines("killed") < 5: time.sleep(.01)
    victims = [q for q in children(p.pid) if "nclip-train" in open(f"/proc/{q}/cmdline").read().split("\0")[0]]
    if len(victims) != 2: return False, f"{len(victims)} processes of training; {p.poll()}"
    os.kill(victims[-1], signal.SIGKILL); begun = time.time(); p.communicate(timeout=60); took, at = time.time() - begun, lines("killed")
    q = call(together(2, f))
    a, b = losses("clip2"), losses("killed")
    return p.returncode != 0 and q.returncode == 0 and "goes on at step" in q.stderr and a == b, f"ended {took:.1f} s later with exit {p.returncode} at step {at}; {sum(a[s] != b.get(s) for s in a)} losses differ; {said(q) if q.returncode else ''}"


@check
def stopped():
    """SIGTERM to one process: all end behind the same step, with a checkpoint"""
    f = run_file("stopped")
    p = subprocess.Popen(together(2, f), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while p.poll() is None and lines("stopped") < 4: time.sleep(.01)
    for q in children(p.pid)[-1:]: os.kill(q, signal.SIGTERM)
    _, err = p.communicate(timeout=60); at = lines("stopped")
    there = os.path.exists(f"{tmp}/stopped/checkpoints/step-{at:08}.safetensors")
    q = call(together(2, f))
    return p.returncode == 143 and there and q.returncode == 0 and losses("stopped") == losses("clip2"), f"exit {p.returncode} at step {at}, checkpoint {there}; {err.strip()[-200:] if p.returncode != 143 else ''}"


@check
def refused():
    """unusable calls: exit 2, one message, nothing begun"""
    wrong = []
    for word, words in (("colour", ["--set", "colour=3"]), ("nowhere-000", ["--set", "data.train.source=nowhere-{000..003}.tar"]), ("multiple of 2", ["--set", "batch=33"])):
        p = call(together(2, run_file("refused"), *words))
        if p.returncode != 2 or p.stderr.count("nclip-train:") != 1 or word not in p.stderr or os.path.exists(tmp + "/refused"): wrong.append(f"{word}: {said(p)}")
    p = call(together(2, run_file("clip2", lr=2e-3)))
    if p.returncode != 2 or "lr" not in p.stderr or p.stderr.count("nclip-train:") != 1: wrong.append(f"another run's folder: {said(p)}")
    return not wrong, "; ".join(wrong) or "as said"


@check
def diverges():
    p = call(together(2, run_file("diverges", lr=1e8, warmup=0, steps=60)))
    return p.returncode == 1 and p.stderr.count("lower lr") == 1 and not os.path.exists(tmp + "/diverges/model"), said(p)[:120]


@check
def fails():
    """what only one process meets ends all, with its host and reason"""
    f = run_file("fails", steps=2000)
    p = subprocess.Popen(together(2, f), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while p.poll() is None and lines("fails") < 2: time.sleep(.01)
    shutil.rmtree(f"{tmp}/fails/checkpoints", ignore_errors=True); open(f"{tmp}/fails/checkpoints", "w").close()
    _, err = p.communicate(timeout=120)
    return p.returncode == 1 and f"host {os.uname().nodename}, process 0 of 2" in err and "   at " not in err, f"exit {p.returncode}: {[l for l in err.splitlines() if 'nclip-train' in l][-1:]}"


shutil.rmtree(tmp); print(f"{sum(results)} passed, {len(results) - sum(results)} failed"); sys.exit(0 if all(results) else 1)
