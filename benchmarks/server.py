#!/usr/bin/env python3
"""Measures nclip serve (standard library only; Linux).
usage: server.py search|embed|soak|slow [--pictures N] [--clients N] [--seconds S] [--model FOLDER|FILE] [--gallery GALLERY] [-- COMMAND...]
  search: text queries of N clients over a gallery of that many random pictures (or --gallery): median and p99
  embed:  texts of N clients to /v1/embeddings, in batches and one by one (--batch 1), alternating
  soak:   searches, thumbnails, embeddings and rubbish for so long, with the memory of the process
  slow:   10,000 connections that say nothing, and how long others wait meanwhile"""
import argparse, http.client, json, os, random, resource, shutil, signal, socket, statistics, struct, subprocess, sys, tempfile, threading, time, zlib

ap = argparse.ArgumentParser(usage=__doc__); ap.add_argument("what", choices=["search", "embed", "soak", "slow"]); ap.add_argument("--pictures", type=int, default=100_000); ap.add_argument("--clients", type=int, default=32)
ap.add_argument("--seconds", type=float, default=20); ap.add_argument("--model"); ap.add_argument("--gallery")
own = sys.argv[1:]; command = own[own.index("--") + 1:] if "--" in own else ["dotnet", os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "src/NClip.Cli/bin/Release/net10.0/nclip.dll")]
args = ap.parse_args(own[:own.index("--")] if "--" in own else own); tmp = tempfile.mkdtemp(); model = ["--model", args.model] if args.model else []
WORDS = "cat dog coffee rocket banana bus street table river mountain snow beach child red old small happy night rain".split()

def png(seed, side=32):
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + random.Random(seed * side + y).randbytes(3 * side) for y in range(side))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")
def gallery(pictures):
    if args.gallery: return args.gallery
    os.makedirs(tmp + "/p")
    for i in range(pictures): open(f"{tmp}/p/{i:06}.png", "wb").write(png(i))
    subprocess.run(command + ["index", tmp + "/p", "--into", tmp + "/g", "--json", *model], check=True); return tmp + "/g"
class Server:
    def __init__(self, where, *options):
        s = socket.socket(); s.bind(("127.0.0.1", 0)); self.port = s.getsockname()[1]; s.close()
        self.process = subprocess.Popen(command + ["serve", where, "--urls", f"http://127.0.0.1:{self.port}", *model, *options])
        while self.get("/readyz")[0] != 200: time.sleep(.2)
    def get(self, path, body=None, kind="application/json", connection=None):
        try:
            c = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60); c.request("POST" if body is not None else "GET", path, body, {"Content-Type": kind} if body is not None else {}); r = c.getresponse(); return r.status, r.read()
        except OSError: return 0, b""
    def memory(self): return next(int(l.split()[1]) // 1024 for l in open(f"/proc/{self.process.pid}/status") if l.startswith("VmRSS"))
    def __enter__(self): return self
    def __exit__(self, *_): self.process.send_signal(signal.SIGTERM); print("  exit code", self.process.wait(20))
def clients(server, ask):
    """milliseconds of each request of all clients, for args.seconds"""
    times, end = [], time.time() + args.seconds
    def one(n):
        c, rng = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60), random.Random(n)
        while time.time() < end:
            path, body = ask(rng); t = time.perf_counter(); status = server.get(path, body, connection=c)[0]; times.append((1000 * (time.perf_counter() - t), status))
    threads = [threading.Thread(target=one, args=(i,)) for i in range(args.clients)]
    for t in threads: t.start()
    for t in threads: t.join()
    ms = sorted(t for t, s in times if s == 200)
    print(f"  {len(ms)} answers ({len(times) - len(ms)} others) in {args.seconds} s, {len(ms) / args.seconds:.0f} a second; median {statistics.median(ms):.1f} ms, p99 {ms[int(len(ms) * .99)]:.1f} ms (ratio {ms[int(len(ms) * .99)] / statistics.median(ms):.1f})", flush=True); return len(ms) / args.seconds
def words(rng): return " ".join(rng.sample(WORDS, 4))
def search(rng): return "/api/search?top=20&q=" + words(rng).replace(" ", "%20"), None
def embed(rng): return "/v1/embeddings", json.dumps({"input": words(rng)})

try:
    where = gallery(args.pictures if args.what == "search" else min(args.pictures, 64))
    if args.what == "search":
        with Server(where) as s:
            print(f"{json.loads(s.get('/api/status')[1])['pictures']} pictures, {args.clients} clients"); clients(s, search)
    elif args.what == "embed":
        rates = {"16": [], "1": []}
        for batch in ("16", "1", "1", "16"):
            print(f"at most {batch} texts in one run:")
            with Server(where, "--batch", batch) as s: rates[batch].append(clients(s, embed))
        print(f"in batches {sum(rates['16']) / sum(rates['1']):.2f} times as many as one by one")
    elif args.what == "soak":
        with Server(where) as s:
            ids = [p["id"] for p in json.loads(s.get("/api/pictures?count=64")[1])["pictures"]]; start = s.memory(); end = time.time() + args.seconds; args.seconds = max(2, args.seconds / 12)
            def mixed(rng): return rng.choice([search(rng), embed(rng), ("/thumb/" + rng.choice(ids), None), ("/api/pictures?count=200", None), ("/api/embed", rng.randbytes(200).decode("latin1"))])
            while time.time() < end: clients(s, mixed); print(f"  {s.memory()} MB resident (at the start {start})", flush=True)
    else:
        wanted = 10_000; hard = max(resource.getrlimit(resource.RLIMIT_NOFILE)[1], wanted + 1000)
        try: resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # the server gets it from here
        except (ValueError, OSError): hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]; resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard)); print(f"only {hard} files may be open here (ulimit -n)")
        n = min(wanted, hard - 500)
        with Server(where) as s:
            slow = [socket.create_connection(("127.0.0.1", s.port)) for _ in range(n)]
            for c in slow: c.send(b"GET /api/status HT")
            waits = []
            for _ in range(50): t = time.perf_counter(); assert s.get("/api/search?q=cat")[0] == 200; waits.append(1000 * (time.perf_counter() - t))
            print(f"{n} connections that say nothing: others wait {statistics.median(waits):.1f} ms (median), {max(waits):.1f} ms (longest); {s.memory()} MB resident"); time.sleep(16)
            def closed(c):
                c.settimeout(1)
                try: return c.recv(4096) in (b"",) or c.recv(1) == b""
                except OSError as e: return not isinstance(e, TimeoutError)
            print(f"  of 100 of them {sum(map(closed, slow[:100]))} are closed by now")
finally: shutil.rmtree(tmp, ignore_errors=True)
