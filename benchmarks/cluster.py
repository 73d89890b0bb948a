#!/usr/bin/env python3
"""A gallery in PostgreSQL on one and on two workers: rows a second in, time of the index, bytes a row, queries a second (standard library, psql, and the nclip command).

    benchmarks/cluster.py --scripts FOLDER [--rows 20000] [--workers 1 2] [--storage f16] -- dotnet src/NClip.Cli/bin/Release/net10.0/nclip.dll

FOLDER has build.sh and cluster.sh (start DIR WORKERS PORT, stop DIR), which start servers on this machine; run as root. Vectors are random, of the embedded model's
dimension: recall and speed of the index are then those of the hardest case, for no picture is near another. Each line is one JSON object.
"""
import argparse, array, json, os, random, shutil, subprocess, sys, tempfile, time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--scripts", required=True)
parser.add_argument("--rows", type=int, default=20_000)
parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
parser.add_argument("--storage", default="f16", choices=["f32", "f16"])
parser.add_argument("--port", type=int, default=9800)
parser.add_argument("--queries", type=int, default=200)
parser.add_argument("command", nargs="+")
args = parser.parse_args()


def features(path, first, rows, dimension):
    """Random directions as `nclip embed images -o X.npy` writes features."""
    with open(path, "wb") as f:
        header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {dimension}), }}".ljust(117) + "\n"
        f.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
        for _ in range(rows):
            f.write(array.array("f", [b - 127.5 for b in os.urandom(dimension)]).tobytes())
    with open(path + ".rows.jsonl", "w") as f:
        for i in range(first, first + rows):
            f.write(json.dumps({"file": f"/pictures/{i % 1000}/{i}.jpg"}) + "\n")


def timed(*call):
    start = time.perf_counter()
    done = subprocess.run([*args.command, *call], capture_output=True, text=True)
    if done.returncode: sys.exit(done.stderr)
    return time.perf_counter() - start


def psql(port, sql):
    return subprocess.run(["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "-f", "-"], input=sql, capture_output=True, text=True, check=True).stdout.strip()


def per_second(port, dimension, kind):
    """The statement of `nclip search --top 10`, on one connection."""
    one = "BEGIN; SET LOCAL citus.propagate_set_commands TO 'local'; SET LOCAL hnsw.ef_search = 128; SET LOCAL hnsw.iterative_scan = relaxed_order; SET LOCAL enable_indexscan = {index};\n" \
          "SELECT path, {kind}_send(v) FROM nclip_pictures WHERE v IS NOT NULL ORDER BY v <#> '[{vector}]'::{kind} LIMIT 26; COMMIT;\n"
    speeds = []
    for index, count in (("on", args.queries), ("off", 20)):
        text = "".join(one.format(index=index, kind=kind, vector=",".join(f"{random.uniform(-.1, .1):.5f}" for _ in range(dimension))) for _ in range(count))
        psql(port, text[:text.index("COMMIT;") + 8])
        start = time.perf_counter(); psql(port, text); speeds.append(count / (time.perf_counter() - start))
    return speeds


work = tempfile.mkdtemp()
subprocess.run([os.path.join(args.scripts, "build.sh")], check=True, stdout=sys.stderr)
for workers in args.workers:
    data = tempfile.mkdtemp(prefix="nclip-bench-"); os.chmod(data, 0o755)
    with open(os.path.join(work, "log"), "w") as log:
        subprocess.run([os.path.join(args.scripts, "cluster.sh"), "start", data, str(workers), str(args.port)], check=True, stdout=log, stderr=log)
    into = f"Host=127.0.0.1;Port={args.port};Username=postgres;Database=postgres"
    try:
        model = json.loads(subprocess.run([*args.command, "model", "info", "nclip-mini", "--json"], capture_output=True, text=True).stdout)
        dimension = model["dimensions"]
        features(work + "/one.npy", args.rows, 1, dimension); features(work + "/all.npy", 0, args.rows, dimension)
        timed("index", "--features", work + "/one.npy", "--into", into, "--vectors", args.storage, "--approximate", "no") # makes the tables
        start = timed("index", "--features", work + "/one.npy", "--into", into, "--approximate", "no")
        copied = timed("index", "--features", work + "/all.npy", "--into", into, "--approximate", "no") - start
        size = int(psql(args.port, "SELECT citus_total_relation_size('nclip_pictures')"))
        again = timed("index", "--features", work + "/one.npy", "--into", into, "--approximate", "no")
        built = timed("index", "--features", work + "/one.npy", "--into", into, "--approximate", "yes") - again
        psql(args.port, "ANALYZE nclip_pictures")
        near, exact = per_second(args.port, dimension, "halfvec" if args.storage == "f16" else "vector")
        print(json.dumps({"workers": workers, "rows": args.rows, "dimension": dimension, "storage": args.storage, "rows_per_s": round(args.rows / copied), "index_s": round(built, 1), "bytes_per_row": size // args.rows,
                          "bytes_per_row_with_index": int(psql(args.port, "SELECT citus_total_relation_size('nclip_pictures')")) // args.rows, "queries_per_s": round(near, 1), "exact_queries_per_s": round(exact, 1)}), flush=True)
    finally:
        subprocess.run([os.path.join(args.scripts, "cluster.sh"), "stop", data]); shutil.rmtree(data)
shutil.rmtree(work)
