#!/usr/bin/env python3
"""The models of tests/reference/zoo/real_sizes.json.gz at their real size: `nclip model info` of each, on a file of zeros that takes no room; of those below --run megabytes also `nclip similarity` of a picture and a
text, on a file of noise, with the process's peak of resident memory (weights that lie in the mapped file count as they are touched), of the first start, which converts what has to be converted into a cache of its own, and of the second. A run without a model's weights, on nclip-mini, says what the program itself takes.
usage: real_sizes.py PICTURE [--nclip "dotnet src/NClip.Cli/bin/Release/net10.0/nclip.dll"] [--run 1000] [--only PREFIX] [--folder DIR] [--out TABLE.md]"""
import argparse, gzip, json, os, pathlib, subprocess, tempfile
from kinds import REAL
from sparse_weights import noise, size, zeros


def run(command, cache=None):
    """Peak of resident memory in MB, and what was said where it failed."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, env=os.environ | ({"NCLIP_CACHE": cache} if cache else {}))
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        return usage.ru_maxrss / 1e3, None if process.returncode == 0 else said.read().decode().strip()


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("picture")
    p.add_argument("--nclip", default="dotnet src/NClip.Cli/bin/Release/net10.0/nclip.dll")
    p.add_argument("--run", type=float, default=1000)
    p.add_argument("--only", default="")
    p.add_argument("--folder", help="where the weight files are written for a while; default: the system's folder for such")
    p.add_argument("--out")
    a = p.parse_args()
    nclip, rows = a.nclip.split(), []
    real = {n: m for n, m in json.load(gzip.open(REAL)).items() if n.startswith(a.only)}
    empty, _ = run([*nclip, "similarity", a.picture, "--text", "a cat"])
    for name, model in sorted(real.items(), key=lambda m: size(m[1]["tensors"])):
        with tempfile.TemporaryDirectory(dir=a.folder) as folder:
            file = os.path.join(folder, "open_clip_model.safetensors")
            pathlib.Path(folder, "open_clip_config.json").write_text(json.dumps({"model_cfg": model["config"], "preprocess_cfg": {}}))
            weights = size(model["tensors"]) / 1e6
            zeros(file, model["tensors"])
            info, wrong = run([*nclip, "model", "info", folder, "--no-fingerprint"])
            row = f"| {name} | {weights:.0f} | {'read' if wrong is None else wrong.replace('|', '/')} | {info:.0f} |"
            if weights < a.run and wrong is None:
                noise(file, model["tensors"])
                command = [*nclip, "similarity", a.picture, "--text", "a cat", "--model", folder]
                first, wrong = run(command, folder + "/cache")
                peak, _ = run(command, folder + "/cache")
                row += f" {first:.0f} | {peak:.0f} | {peak / weights:.2f} | {(peak - empty) / weights:.2f} |" if wrong is None else f" {wrong.replace('|', '/')} | | | |"
            else: row += " | | | |"
            rows.append(row)
            print(row, flush=True)
    page = "\n".join([f"The program on nclip-mini: {empty:.0f} MB.", "", "| model | weights MB | `model info` | its peak MB | picture and text: peak MB, first start | later | of the weights | without the program's own |", "|---|---|---|---|---|---|---|---|", *rows, ""])
    if a.out: pathlib.Path(a.out).write_text(page)
    else: print(page)


if __name__ == "__main__": main()
