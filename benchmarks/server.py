#!/usr/bin/env python3
"""Measures nclip serve (standard library only; Linux). Prints JSON lines.
usage: server.py search|embed|soak|slow|all [--pictures N] [--clients N] [--seconds S] [--requests N] [--connections N] [--model NAME|FOLDER|FILE] [--gallery GALLERY] [-- COMMAND...]
  search: text queries of 32 clients for 20 seconds over 100,000 pictures (those of hundred_thousand.py, or --gallery): median and p99, in three parts
  embed:  texts of 32 clients to /v1/embeddings, at most 16 in a run and one by one (--batch 1), in turns
  soak:   100,000 searches, thumbnails, lists, embeddings and rubbish, in ten parts with the memory of the process
  slow:   10,000 connections that say nothing, and how long others wait meanwhile"""
import argparse, http.client, json, os, random, resource, shutil, socket, statistics, sys, tempfile, threading, time
from hundred_thousand import PHOTOS, make
from served import Server, own_and_command

WORDS = "cat dog coffee rocket banana bus street table river mountain snow beach child red old small happy night rain".split()
PARTS = 10  # of a soak
MODES = ("search", "embed", "soak", "slow")


def words(rng): return " ".join(rng.sample(WORDS, 4))
def search(rng): return "/api/search?top=20&q=" + words(rng).replace(" ", "%20"), None
def embed(rng): return "/v1/embeddings", json.dumps({"input": words(rng)})
def report(work, **facts): print(json.dumps({"work": work} | {k: round(v, 2) if isinstance(v, float) else v for k, v in facts.items()}), flush=True)


def clients(server, count, ask, seconds, most=None):
    """Milliseconds of each request that was answered, how many were answered otherwise, and seconds; ends after so long, or so many requests."""
    times, others, start = [], [0], time.perf_counter()
    left = iter(range(most)) if most else None
    def one(n):
        c, rng = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60), random.Random(f"{n} {start}")
        while time.perf_counter() - start < seconds and (left is None or next(left, None) is not None):
            path, body = ask(rng); t = time.perf_counter()
            if server.get(path, body, connection=c)[0] == 200: times.append(1000 * (time.perf_counter() - t))
            else: others[0] += 1
        c.close()
    threads = [threading.Thread(target=one, args=(i,)) for i in range(count)]
    for t in threads: t.start()
    for t in threads: t.join()
    if not times: raise SystemExit("no request was answered")
    return sorted(times), others[0], time.perf_counter() - start


def latency(work, times, others, seconds, **facts):
    median, p99 = statistics.median(times), times[int(len(times) * .99)]
    report(work, **facts, answers=len(times), others=others, a_second=len(times) / seconds, median_ms=median, p99_ms=p99, p99_of_median=p99 / median)
    return len(times) / seconds


def measure_search(gallery, start, a):
    with start(gallery) as s:
        pictures = s.json("/api/status")["pictures"]
        clients(s, a.clients, search, 2)
        for _ in range(3): latency("text queries", *clients(s, a.clients, search, a.seconds / 3), pictures=pictures, clients=a.clients)


def measure_embed(gallery, start, a):
    rates = {"16": [], "1": []}
    for batch in ("16", "1", "1", "16"):
        with start(gallery, "--batch", batch) as s:
            clients(s, a.clients, embed, 2)
            rates[batch].append(latency("embeddings of texts", *clients(s, a.clients, embed, a.seconds), most_in_a_run=int(batch), clients=a.clients))
    report("embeddings in batches, times one by one", times=sum(rates["16"]) / sum(rates["1"]))


def measure_soak(gallery, start, a):
    with start(gallery) as s:
        ids = [p["id"] for p in s.json("/api/pictures?count=64")["pictures"]]
        def mixed(rng): return rng.choice([search(rng), embed(rng), ("/thumb/" + rng.choice(ids), None), ("/api/pictures?count=200", None), ("/api/embed", rng.randbytes(200).decode("latin1"))])
        begin = s.memory()
        for part in range(1, PARTS + 1):
            latency("soak", *clients(s, a.clients, mixed, 600, a.requests // PARTS), part=part, at_the_start_mb=begin, resident_mb=s.memory())
        print(s.get("/healthz"), flush=True)


def measure_slow(gallery, start, a):
    hard = max(resource.getrlimit(resource.RLIMIT_NOFILE)[1], a.connections + 1000)
    try: resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # the server's too
    except (ValueError, OSError): hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]; resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(a.connections, hard - 500)
    with start(gallery) as s:
        def waits(): return [1000 * seconds(lambda: s.get("/api/search?q=cat")) for _ in range(50)]
        alone, slow = waits(), []
        try:
            for _ in range(count):
                slow.append(socket.create_connection(("127.0.0.1", s.port), timeout=30))
                slow[-1].send(b"GET /api/status HT")
            meanwhile, memory = waits(), s.memory()
            time.sleep(12)  # headers must be there within 10 seconds
            report("connections that say nothing", connections=count, others_wait_ms=statistics.median(meanwhile), longest_ms=max(meanwhile), without_them_ms=statistics.median(alone), resident_mb=memory, closed_of_100=sum(map(closed, slow[:100])))
        finally:
            for c in slow: c.close()


def seconds(work):
    t = time.perf_counter(); status = work()[0]
    if status != 200: raise SystemExit(f"a request was answered {status}")
    return time.perf_counter() - t


def closed(c):
    """Whether the server has ended a connection, with an answer or without."""
    c.settimeout(1)
    try:
        while c.recv(4096): pass
        return True
    except OSError as e: return not isinstance(e, TimeoutError)


def main():
    own, command = own_and_command(sys.argv[1:])
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("what", choices=[*MODES, "all"])
    for name, default in (("--pictures", 100_000), ("--clients", 32), ("--requests", 100_000), ("--connections", 10_000)): p.add_argument(name, type=int, default=default)
    p.add_argument("--seconds", type=float, default=20)
    p.add_argument("--model"); p.add_argument("--gallery")
    a = p.parse_args(own)
    folder, model = tempfile.mkdtemp(prefix="nclip-"), ["--model", a.model] if a.model else []
    try:
        modes = MODES if a.what == "all" else [a.what]
        pictures = a.pictures if {"search", "soak"} & set(modes) else min(a.pictures, 1000)
        gallery = a.gallery or make(folder, command, model, PHOTOS, pictures)[1]
        for mode in modes: globals()[f"measure_{mode}"](gallery, lambda where, *options: Server(command, where, *model, *options), a)
    finally: shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__": main()
