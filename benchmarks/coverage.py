#!/usr/bin/env python3
"""Which of open_clip's model configurations nclip loads: for each, a weight file of zeros with the real names and shapes (sparse: it takes no room), and `nclip model info`.
It proves that names, shapes and configuration are taken, and that a wrong one would be refused; that the answers are right is what the reference models prove (docs/parity.md).
usage: coverage.py CONFIGS [--nclip "dotnet src/NClip.Cli/bin/Release/net10.0/nclip.dll"] [--shapes FILE.json.gz]... [--only PREFIX] [--sizes TABLE.md] [--out docs/models.md]
       coverage.py --check tests/reference
  CONFIGS    a folder of open_clip's model_configs/*.json
  --shapes   {config: {"config": ..., "tensors": {name: [dtype, shape]}}}: names and shapes that open_clip itself gave
  --sizes    the table that real_sizes.py --out wrote, which goes to the page's end
  --check    the names and shapes of openclip_shapes.py beside those that open_clip itself gave: zoo/real_sizes.json.gz
Names and shapes come from: a file of --shapes; else open_clip, where this Python has it; else openclip_shapes.py."""
import argparse, gzip, json, os, pathlib, subprocess, sys, tempfile
import openclip_shapes
from sparse_weights import zeros


def open_clips(name):
    """Names and shapes by open_clip itself, on torch's device without memory; None where it is not installed."""
    try: import open_clip
    except ImportError: return None
    model = open_clip.create_model(name, pretrained=None, device="meta", pretrained_hf=False)
    return {n: [str(t.dtype).removeprefix("torch."), list(t.shape)] for n, t in model.state_dict().items()}


def load(nclip, config, tensors):
    """None where nclip loads it, else what it says."""
    with tempfile.TemporaryDirectory() as folder:
        zeros(os.path.join(folder, "open_clip_model.safetensors"), tensors)
        pathlib.Path(folder, "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": {}}))
        run = subprocess.run([*nclip, "model", "info", folder, "--no-fingerprint", "--json"], capture_output=True, text=True)
        return None if run.returncode == 0 else run.stderr.strip().replace(folder + "/", "").removeprefix("nclip: ")


def check(folder):
    """Prints where the script and open_clip itself differ, configuration by configuration; true where they agree on all that the script knows."""
    same = wrong = 0
    for name, given in json.load(gzip.open(os.path.join(folder, "zoo", "real_sizes.json.gz"))).items():
        ours = openclip_shapes.of(given["config"])
        theirs = {n: t for n, t in given["tensors"].items()}
        if ours is None: print(f"{name}: not by the script")
        elif ours == theirs: same += 1
        else:
            wrong += 1
            print(f"{name}: differs in", *[f"{n} {ours.get(n)} {theirs.get(n)}" for n in sorted(ours.keys() | theirs.keys()) if ours.get(n) != theirs.get(n)][:5], sep="\n  ")
    print(f"{same} configurations agree tensor by tensor, {wrong} differ")
    return wrong == 0


def main():
    a = argparse.ArgumentParser(usage=__doc__)
    a.add_argument("configs", nargs="?")
    a.add_argument("--nclip", default="dotnet src/NClip.Cli/bin/Release/net10.0/nclip.dll")
    a.add_argument("--shapes", action="append", default=[])
    a.add_argument("--only", default="")
    a.add_argument("--out")
    a.add_argument("--sizes")
    a.add_argument("--check", metavar="REFERENCE")
    a = a.parse_args()
    if a.check: sys.exit(0 if check(a.check) else 1)
    given = {}
    for file in a.shapes: given |= json.load(gzip.open(file) if file.endswith(".gz") else open(file))
    rows, counts = [], {"loads": 0, "refused": 0, "not tried": 0}
    for file in sorted(pathlib.Path(a.configs).glob("*.json"), key=lambda f: f.stem.lower()):
        config = json.loads(file.read_text())
        if not openclip_shapes.is_image_text(config) or not file.stem.startswith(a.only): continue
        v, t = config["vision_cfg"], config["text_cfg"]
        tensors, by = (given[file.stem]["tensors"], "open_clip, kept") if file.stem in given else (open_clips(file.stem), "open_clip")
        if tensors is None: tensors, by = openclip_shapes.of(config), "the script"
        said = load(a.nclip.split(), config, tensors) if tensors else "a tower of a kind that NClip does not have; no weights of it are published"
        state = "not tried" if tensors is None else "loads" if said is None else "refused"
        counts[state] += 1
        image = v.get("timm_model_name") or ("ModifiedResNet" if isinstance(v.get("layers"), list) else f"ViT {v.get('width')} x {v.get('layers')}")
        text = t.get("hf_model_name") or f"{t.get('text_arch', '')} transformer {t.get('width')} x {t.get('layers')}".strip()
        rows.append(f"| {file.stem} | {image} | {text} | {state} | {by if tensors else ''} | {(said or '').replace('|', '/')} |")
        print(state, file.stem, said or "", file=sys.stderr, flush=True)
    summary = ", ".join(f"{n} {what}" for what, n in counts.items())
    page = "\n".join(["# open_clip's configurations", "",
        "Made by `python3 benchmarks/coverage.py CONFIGS --shapes tests/reference/zoo/real_sizes.json.gz`, whose head says how; do not edit it. A weight file of zeros with the real names and shapes of each configuration, and `nclip model info`: what loads has every tensor where it is expected, with its shape.",
        "That the answers are right is proved on models with weights ([parity.md](parity.md)). \"Names by\": whose names and shapes they are, open_clip's own, kept in a file, or the script's, which follows from the configuration (`--check` holds it against open_clip's own).",
        "Counted are models of pictures and texts with two towers; open_clip's configurations of sounds and its generative ones (GenLIP, GenLAP) are not.", "",
        f"{len(rows)} image-text configurations: {summary}.", "", "| configuration | image tower | text tower | state | names by | why |", "|---|---|---|---|---|---|", *rows, ""])
    if a.sizes: page += "\n".join(["", "## At real size", "", "`python3 benchmarks/real_sizes.py PICTURE --out TABLE.md`: the models of `tests/reference/zoo/real_sizes.json.gz` with zeros for weights and `nclip model info`; those below 1 GB also with noise for weights and `nclip similarity`, one picture and one text.",
        "Resident memory, mapped files included, so it does not depend on how busy a machine is.", "", pathlib.Path(a.sizes).read_text()])
    if a.out: pathlib.Path(a.out).write_text(page)
    else: print(page)


if __name__ == "__main__": main()
