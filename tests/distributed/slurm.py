#!/usr/bin/env python3
"""`nclip train` as a job of a real Slurm with two hosts (root; standard library only): one host dies in the middle, comes back, and the requeued job
gives the losses of one that was not disturbed.   usage: slurm.py SLURM.SH COMMAND...     Last line: N passed, N failed."""
import json, os, re, shutil, subprocess, sys, tempfile, time

script, command, tmp = sys.argv[1], sys.argv[2:], tempfile.mkdtemp()
os.environ["SLURM_CONF"] = f"{tmp}/slurm/slurm.conf"
def slurm(*words): return subprocess.run(["bash", script, *words], capture_output=True, text=True, timeout=300, check=True).stdout
def out(*words): return subprocess.run(words, capture_output=True, text=True, timeout=120).stdout.strip()
def losses(name): return {r["step"]: r["loss"] for r in map(json.loads, open(f"{tmp}/{name}/metrics.jsonl"))}
def lines(name): return open(f"{tmp}/{name}/metrics.jsonl").read().count("\n") if os.path.exists(f"{tmp}/{name}/metrics.jsonl") else 0
def state(job): return out("squeue", "-h", "-j", job, "-o", "%T") or re.findall(r"JobState=(\w+)", out("scontrol", "show", "job", job) or "JobState=GONE")[-1]
def log(name): return open(f"{tmp}/{name}.log").read()[-600:] if os.path.exists(f"{tmp}/{name}.log") else "no output"
def until(what, condition, most):
    end = time.time() + most
    while not condition():
        if time.time() > end: raise TimeoutError(f"{what}: not within {most} s")
        time.sleep(.05)


def job(name):
    """submits docs/scale.md's job file, with this run file and command in it"""
    page = open(os.path.join(os.path.dirname(__file__), "..", "..", "docs", "scale.md")).read()
    text = re.search(r"```sh\n(#!/bin/bash\n#SBATCH.*?)```", page, re.S)[1].replace("nclip train run.toml", f"{' '.join(command)} train {tmp}/{name}.toml")
    pairs = "pairs"
    open(f"{tmp}/{name}.toml", "w").write(f'output = "{name}"\nseed = 7\n[model]\nconfig = "small.json"\n[[data.train]]\nsource = "{pairs}"\n[train]\nbatch = 32\nsteps = 60\nlr = 1e-3\nwarmup = 5\ncheckpoint_every = 5\nworkers = 1\nthreads = 1\n')
    open(f"{tmp}/{name}.sh", "w").write(text)
    return out("sbatch", "--parsable", "--output", f"{tmp}/{name}.log", "--open-mode=append", f"{tmp}/{name}.sh")


def disturbed():
    number = job("killed")
    until("five steps", lambda: lines("killed") >= 5, 120)
    slurm("kill", f"{tmp}/slurm", "h2"); at = lines("killed")
    until("the end of the job's first life", lambda: state(number) != "RUNNING", 120)
    slurm("revive", f"{tmp}/slurm", "h2")
    until("the end of the job", lambda: os.path.isdir(f"{tmp}/killed/model") or state(number) in ("FAILED", "COMPLETED", "NODE_FAIL", "CANCELLED", "GONE"), 400)
    restarts = re.findall(r"Restarts=(\d+)", out("scontrol", "show", "job", number))
    a, b = losses("whole"), losses("killed")
    differ = sum(a[s] != b.get(s) for s in a)
    return a == b and "goes on at step" in log("killed"), f"h2 killed at step {at}, restarts {restarts}, {differ} losses differ" + ("" if a == b else f"; {state(number)}: {log('killed')}")


ok, text, begun = False, "", time.time()
try:
    pictures = os.path.join(os.path.dirname(__file__), "mpi.py")
    subprocess.run([sys.executable, pictures, "--pairs", tmp], check=True)
    slurm("start", f"{tmp}/slurm")
    first = job("whole")
    until("the end of the undisturbed job", lambda: state(first) in ("FAILED", "COMPLETED", "NODE_FAIL", "CANCELLED", "GONE"), 300)
    if not os.path.isdir(f"{tmp}/whole/model"): raise RuntimeError(f"the undisturbed job: {state(first)}: {log('whole')}")
    hosts = re.findall(r"2 processes on (\d) hosts", log("whole"))
    ok, text = disturbed()
    ok, text = ok and hosts == ["2"], f"two hosts: {hosts}; " + text
except Exception as e:
    text = f"{type(e).__name__}: {e}"
finally:
    try: slurm("stop", f"{tmp}/slurm")
    except Exception as e: print(f"slurm.sh stop: {e}")
    shutil.rmtree(tmp, ignore_errors=True)
print(f"{'ok  ' if ok else 'FAIL'} two_hosts    {text}  ({time.time() - begun:.0f} s)"); print("1 passed, 0 failed" if ok else "0 passed, 1 failed"); sys.exit(0 if ok else 1)
