#!/usr/bin/env python3
"""How near each kind of image tower comes to the machine's arithmetic peak, and to the share that ViT-B/32 reaches in the same minute: models of real size with noise for weights, `nclip bench`, float32.
usage: kinds.py [--nclip "dotnet src/NClip.Cli/bin/Release/net10.0/nclip.dll"] [--batch 8] [--threads 1] [--seconds 2] [--turns 1] [--only PREFIX] [--folder DIR]
Before each kind ViT-B/32 is measured anew, so a machine that grows slower does not change the last column. One weight file lies on the disk at a time, beside ViT-B/32's (605 MB; the largest has 1.9 GB). ALIGN's EfficientNet-B7 looks at 289 x 289 pixels."""
import argparse, gzip, json, os, pathlib, statistics, subprocess, tempfile
import align_shapes, openclip_shapes
from sparse_weights import noise

REAL = pathlib.Path(__file__).parent.parent / "tests" / "reference" / "zoo" / "real_sizes.json.gz"
TEXT = {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12}
OWN = {  # open_clip's configurations
    "ViT-B-32": {"embed_dim": 512, "vision_cfg": {"image_size": 224, "layers": 12, "width": 768, "patch_size": 32}, "text_cfg": TEXT},
    "ViT-L-14": {"embed_dim": 768, "vision_cfg": {"image_size": 224, "layers": 24, "width": 1024, "patch_size": 14}, "text_cfg": TEXT | {"width": 768, "heads": 12}},
    "RN50": {"embed_dim": 1024, "vision_cfg": {"image_size": 224, "layers": [3, 4, 6, 3], "width": 64}, "text_cfg": TEXT},
    "convnext_base": {"embed_dim": 512, "vision_cfg": {"image_size": 224, "timm_model_name": "convnext_base", "timm_pool": "", "timm_proj": "linear"}, "text_cfg": TEXT},
    "ViT-B-16-SigLIP2": {"embed_dim": 768, "init_logit_bias": -10, "custom_text": True, "vision_cfg": {"image_size": 224, "timm_model_name": "vit_base_patch16_siglip_224", "timm_pool": "map", "timm_proj": "none"},
                         "text_cfg": {"context_length": 64, "vocab_size": 256000, "width": 768, "heads": 12, "layers": 12, "no_causal_mask": True, "proj_bias": True, "pool_type": "last", "norm_kwargs": {"eps": 1e-6}, "act_kwargs": {"approximate": "tanh"}}},
}
KINDS = ["ViT-L-14", "RN50", "convnext_base", "ALIGN", "MobileCLIP2-S0", "MobileCLIP-S1", "MobileCLIP-S2", "MobileCLIP-B", "MobileCLIP2-S3", "EVA02-B-16", "PE-Core-T-16-384", "PE-Core-S-16-384", "PE-Core-B-16",
         "ViT-B-16-SigLIP2", "ViT-B-16-SigLIP2-naflex", "ViTamin-S", "nclip-mini"]


def model(name, folder, real):
    """A folder with the model; None for the one that the program brings."""
    if name == "nclip-mini": return None
    to = pathlib.Path(folder, name)
    to.mkdir()
    if name == "ALIGN":
        noise(to / "model.safetensors", align_shapes.of())
        return to
    config = OWN[name] if name in OWN else real[name]["config"]
    tensors = openclip_shapes.of(config) if name in OWN else real[name]["tensors"]
    noise(to / "open_clip_model.safetensors", tensors)
    (to / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": {}}))
    return to


def bench(a, folder):
    """Pictures a second, GFLOP a picture or None, share of the peak or None."""
    command = [*a.nclip.split(), "bench", "--batch", str(a.batch), "--threads", str(a.threads), "--precision", "fp32", "--seconds", str(a.seconds), "--json", *(["--model", str(folder)] if folder else [])]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode: raise SystemExit(f"{' '.join(command)}: {run.stderr.strip()}")
    line = next(j for j in map(json.loads, run.stdout.splitlines()) if "batch" in j)
    return line["images_per_second"], line["gflops"] / line["images_per_second"] if "gflops" in line else None, line.get("of_peak")


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("--nclip", default="dotnet src/NClip.Cli/bin/Release/net10.0/nclip.dll")
    p.add_argument("--batch", type=int, default=8)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--seconds", type=float, default=2)
    p.add_argument("--turns", type=int, default=1)
    p.add_argument("--only", default="")
    p.add_argument("--folder", help="where the weight files are written for a while; default: the system's folder for such")
    a = p.parse_args()
    real = json.load(gzip.open(REAL))
    with tempfile.TemporaryDirectory(dir=a.folder) as folder:
        yard = model("ViT-B-32", folder, real)
        print("| model | weights MB | GFLOP a picture | pictures/s | of peak | of ViT-B/32's share |\n|---|---|---|---|---|---|", flush=True)
        for name in [k for k in KINDS if k.startswith(a.only)]:
            at = model(name, folder, real)
            turns = [(bench(a, yard), bench(a, at)) for _ in range(a.turns)]
            own = [t[1] for t in turns]
            speed, work = statistics.median(o[0] for o in own), own[0][1]
            share = statistics.median(o[2] for o in own) if work else None
            ratio = statistics.median(o[2] / y[2] for y, o in turns) if work else None
            weights = sum(f.stat().st_size for f in at.glob("*.safetensors")) / 1e6 if at else None
            print(f"| {name} | {f'{weights:.0f}' if weights else '-'} | {f'{work:.2f}' if work else '-'} | {speed:.1f} | {f'{share:.0%}' if work else '-'} | {f'{ratio:.0%}' if work else '-'} |", flush=True)
            if at:
                for file in at.iterdir(): file.unlink()
        speed, work, share = bench(a, yard)
        print(f"| ViT-B-32 | 605 | {work:.2f} | {speed:.1f} | {share:.0%} | 100% |", flush=True)


if __name__ == "__main__": main()
