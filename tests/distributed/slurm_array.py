#!/usr/bin/env python3
"""`nclip embed images --shards` as an array job of a real Slurm with two hosts (root; standard library only): one host dies in the middle, comes back, its shard is
requeued, and the merged features are those of a job that was not disturbed.   usage: slurm_array.py SLURM.SH COMMAND...     Last line: N passed, N failed."""
import json, os, re, shutil, subprocess, sys, tempfile, time

script, command, tmp = sys.argv[1], sys.argv[2:], tempfile.mkdtemp()
shards, pictures = 4, 4000
os.environ["SLURM_CONF"] = f"{tmp}/slurm/slurm.conf"
def slurm(*words): return subprocess.run(["bash", script, *words], capture_output=True, text=True, timeout=300, check=True).stdout
def out(*words): return subprocess.run(words, capture_output=True, text=True, timeout=120).stdout.strip()
def nclip(*words): return subprocess.run([*command, *words], capture_output=True, text=True, timeout=600)
def done(name): return len([f for f in os.listdir(f"{tmp}/{name}") if f.endswith(".safetensors")]) if os.path.isdir(f"{tmp}/{name}") else 0
def made(name, task): return os.path.isdir(f"{tmp}/{name}") and any(f.endswith(f"-{task:05}-of-{shards:05}.safetensors") for f in os.listdir(f"{tmp}/{name}"))
def tasks(job): return [l.split() for l in out("squeue", "-h", "-r", "-j", job, "-o", "%K %T %N").splitlines()] # number, state, host
def restarts(job): return {int(t): int(r) for t, r in re.findall(r"ArrayTaskId=(\d+)\b.*?Restarts=(\d+)", out("scontrol", "show", "job", job), re.S)}
def log(name): return " | ".join(open(f"{tmp}/{f}").read()[-300:] for f in sorted(os.listdir(tmp)) if f.startswith(f"{name}.") and f.endswith(".log"))
def until(what, condition, most):
    end = time.time() + most
    while not condition():
        if time.time() > end: raise TimeoutError(f"{what}: not within {most} s")
        time.sleep(.1)


def draw():
    """pictures of 32 x 32 that all differ"""
    os.makedirs(f"{tmp}/photos")
    for n in range(pictures):
        body = bytes((n * 7 + i * (n % 13 + 1) + i // 96 * (n % 29)) & 255 for i in range(32 * 32 * 3))
        open(f"{tmp}/photos/{n:05}.ppm", "wb").write(b"P6\n32 32\n255\n" + body)


def job(name):
    """submits docs/scale.md's job file, with this command in it and the shards in a folder of this name"""
    page = open(os.path.join(os.path.dirname(__file__), "..", "..", "docs", "scale.md")).read()
    text = re.search(r"```sh\n(#!/bin/bash\n#SBATCH --array.*?)```", page, re.S)[1]
    asked = "nclip embed images --shards manifest.json -o shards"
    assert text.count(asked) == 1, f"docs/scale.md's job file does not say '{asked}'"
    open(f"{tmp}/{name}.sh", "w").write(text.replace(asked, f"{' '.join(command)} embed images --shards {tmp}/manifest.json -o {tmp}/{name}"))
    return out("sbatch", "--parsable", "--output", f"{tmp}/{name}.%a.log", "--open-mode=append", f"{tmp}/{name}.sh")


def merged(name):
    """verified and put together: the bytes of features and names"""
    v = nclip("embed", "verify", f"{tmp}/manifest.json", f"{tmp}/{name}", "--json")
    if v.returncode: raise RuntimeError(f"verify {name}: {v.returncode}: {v.stdout}{v.stderr}")
    m = nclip("embed", "merge", f"{tmp}/manifest.json", f"{tmp}/{name}", "-o", f"{tmp}/{name}.npy")
    if m.returncode: raise RuntimeError(f"merge {name}: {m.returncode}: {m.stderr}")
    assert json.loads(v.stdout)["rows"] == pictures, v.stdout
    return open(f"{tmp}/{name}.npy", "rb").read(), open(f"{tmp}/{name}.npy.rows.jsonl", "rb").read()


def disturbed():
    number = job("killed")
    until("a task on h2", lambda: any(t[1:] == ["RUNNING", "h2"] for t in tasks(number)), 60)
    task = next(int(t[0]) for t in tasks(number) if t[1:] == ["RUNNING", "h2"])
    slurm("kill", f"{tmp}/slurm", "h2")
    early = not made("killed", task) # else it was too quick to be killed, and nothing is shown
    until("the end of that task's first life", lambda: [str(task), "RUNNING", "h2"] not in tasks(number), 120)
    slurm("revive", f"{tmp}/slurm", "h2")
    again, end = {}, time.time() + 400
    while tasks(number):
        again |= restarts(number)
        if time.time() > end: raise TimeoutError(f"the end of the job: {tasks(number)}; {log('killed')}")
        time.sleep(.5)
    return early and again.get(task, 0) >= 1, f"h2 killed with shard {task} under way, restarts {again}", task


ok, text, begun = False, "", time.time()
try:
    draw()
    m = nclip("embed", "manifest", f"{tmp}/photos", "-o", f"{tmp}/manifest.json", "--shards", str(shards))
    if m.returncode: raise RuntimeError(f"manifest: {m.stderr}")
    slurm("start", f"{tmp}/slurm")
    first = job("whole")
    hosts = set()
    def ended():
        now = tasks(first)
        hosts.update(t[2] for t in now if t[1] == "RUNNING")
        return not now
    until("the end of the undisturbed job", ended, 300)
    if done("whole") != shards: raise RuntimeError(f"the undisturbed job made {done('whole')} shards: {log('whole')}")
    requeued, text, task = disturbed()
    a, b = merged("whole"), merged("killed")
    same = [f for f in sorted(os.listdir(f"{tmp}/whole")) if open(f"{tmp}/whole/{f}", "rb").read() != open(f"{tmp}/killed/{f}", "rb").read()] == [] and sorted(os.listdir(f"{tmp}/whole")) == sorted(os.listdir(f"{tmp}/killed"))
    ok = requeued and a == b and same and hosts == {"h1", "h2"}
    text = f"{len(hosts)} hosts; {text}; merged features {'equal' if a == b else 'DIFFER'}, folders {'equal' if same else 'DIFFER'}" + ("" if ok else f"; {log('killed')}")
except Exception as e:
    text = f"{type(e).__name__}: {e}"
finally:
    try: slurm("stop", f"{tmp}/slurm")
    except Exception as e: print(f"slurm.sh stop: {e}")
    shutil.rmtree(tmp, ignore_errors=True)
print(f"{'ok  ' if ok else 'FAIL'} array_of_shards    {text}  ({time.time() - begun:.0f} s)"); print("1 passed, 0 failed" if ok else "0 passed, 1 failed"); sys.exit(0 if ok else 1)
