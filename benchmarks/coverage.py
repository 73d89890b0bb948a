#!/usr/bin/env python3
"""Which of open_clip's model configurations nclip loads: for each, a weight file of zeros with the real names and shapes (sparse: it takes no room), and `nclip model info`.
It proves that names, shapes and configuration are taken, and that a wrong one would be refused; that the answers are right is what the reference models prove (docs/parity.md).
usage: coverage.py CONFIGS [--nclip "dotnet src/NClip.Cli/bin/Release/net10.0/nclip.dll"] [--shapes FILE.json.gz]... [--only PREFIX] [--out docs/models.md]
  CONFIGS    a folder of open_clip's model_configs/*.json
  --shapes   {config: {"config": ..., "tensors": {name: [dtype, shape]}}}: names and shapes that open_clip itself gave
Names and shapes come from: a file of --shapes; else open_clip, where this Python has it; else this script, which knows open_clip's own towers (ViT, ResNet, text transformer) and timm's SigLIP."""
import argparse, gzip, json, math, os, pathlib, re, struct, subprocess, sys, tempfile

SIGLIP = {"base": (768, 12, 3072), "large": (1024, 24, 4096), "so400m": (1152, 27, 4304), "giantopt": (1536, 40, 6144)}  # width, blocks, hidden width
BYTES = {"float32": ("F32", 4), "float16": ("F16", 2), "bfloat16": ("BF16", 2), "int64": ("I64", 8)}


def own(config):
    """Names and shapes of open_clip's own towers; None where a tower is another library's."""
    v, t, embed = config["vision_cfg"], config["text_cfg"], config["embed_dim"]
    siglip = re.fullmatch(r"vit_(base|large|so400m|giantopt)_patch(\d+)_siglip(_gap)?_(\d+)", v.get("timm_model_name") or "")
    if siglip and (siglip[3] or v.get("timm_proj", "none") != "none" or v.get("timm_pool") != "map"): siglip = None
    if (v.get("timm_model_name") and not siglip) or t.get("hf_model_name") or "multimodal_cfg" in config or v.get("attentional_pool") or t.get("text_arch"): return None
    if not (siglip or "layers" in v) or "layers" not in t: return None
    s = {"logit_scale": []}
    if "init_logit_bias" in config: s["logit_bias"] = []
    size = v.get("image_size", 224)
    side = (size, size) if isinstance(size, int) else size
    if siglip: timm_siglip(s, *SIGLIP[siglip[1]], int(siglip[2]), side)
    else: (resnet if isinstance(v["layers"], list) else vit)(s, v, side, embed)
    prefix = "text." if config.get("custom_text") else ""
    width, layers = t["width"], t["layers"]
    s |= {prefix + "token_embedding.weight": [t.get("vocab_size", 49408), width], prefix + "positional_embedding": [t.get("context_length", 77) + bool(t.get("embed_cls")), width]}
    norm(s, prefix + "ln_final", width)
    blocks(s, prefix + "transformer", width, layers, t)
    if t.get("proj_type", "linear") != "none":
        if t.get("proj_bias"): s |= {prefix + "text_projection.weight": [embed, width], prefix + "text_projection.bias": [embed]}
        else: s[prefix + "text_projection"] = [width, embed]
    return {n: ["float32", shape] for n, shape in s.items()}


def norm(s, name, width): s |= {name + ".weight": [width], name + ".bias": [width]}


def linear(s, name, out, into): s |= {name + ".weight": [out, into], name + ".bias": [out]}


def blocks(s, name, w, layers, cfg):
    mlp = int(w * cfg.get("mlp_ratio", 4.0))
    for i in range(layers):
        b = f"{name}.resblocks.{i}."
        norm(s, b + "ln_1", w)
        norm(s, b + "ln_2", w)
        s |= {b + "attn.in_proj_weight": [3 * w, w], b + "attn.in_proj_bias": [3 * w]}
        linear(s, b + "attn.out_proj", w, w)
        linear(s, b + "mlp.c_fc", mlp, w)
        linear(s, b + "mlp.c_proj", w, mlp)
        if cfg.get("ls_init_value") is not None: s |= {b + "ls_1.gamma": [w], b + "ls_2.gamma": [w]}


def vit(s, v, side, embed):
    w, p = v["width"], v.get("patch_size", 16)
    s |= {"visual.class_embedding": [w], "visual.conv1.weight": [w, 3, p, p], "visual.positional_embedding": [side[0] // p * (side[1] // p) + 1, w], "visual.proj": [w, embed]}
    if not v.get("no_ln_pre"): norm(s, "visual.ln_pre", w)
    norm(s, "visual.ln_post", w)
    blocks(s, "visual.transformer", w, v["layers"], v)


def timm_siglip(s, w, layers, mlp, p, side):
    trunk = "visual.trunk."
    s |= {trunk + "pos_embed": [1, side[0] // p * (side[1] // p), w], trunk + "patch_embed.proj.weight": [w, 3, p, p], trunk + "patch_embed.proj.bias": [w], trunk + "attn_pool.latent": [1, 1, w]}
    for i in range(layers):
        b = f"{trunk}blocks.{i}."
        norm(s, b + "norm1", w)
        norm(s, b + "norm2", w)
        for name, out, into in (("attn.qkv", 3 * w, w), ("attn.proj", w, w), ("mlp.fc1", mlp, w), ("mlp.fc2", w, mlp)): linear(s, b + name, out, into)
    norm(s, trunk + "norm", w)
    norm(s, trunk + "attn_pool.norm", w)
    for name, out, into in (("q", w, w), ("kv", 2 * w, w), ("proj", w, w), ("mlp.fc1", mlp, w), ("mlp.fc2", w, mlp)): linear(s, trunk + "attn_pool." + name, out, into)


def resnet(s, v, side, embed):
    w = v.get("width", 64)
    def bn(name, n): s.update({f"visual.{name}.{p}": [n] for p in ("weight", "bias", "running_mean", "running_var")})
    def conv(name, out, into, k): s[f"visual.{name}.weight"] = [out, into, k, k]
    for i, (into, out) in enumerate(((3, w // 2), (w // 2, w // 2), (w // 2, w)), 1):
        conv(f"conv{i}", out, into, 3)
        bn(f"bn{i}", out)
    into = w
    for stage, count in enumerate(v["layers"], 1):
        planes = w * 2 ** (stage - 1)
        for i in range(count):
            b = f"layer{stage}.{i}."
            for j, (a, c, k) in enumerate(((into, planes, 1), (planes, planes, 3), (planes, 4 * planes, 1)), 1):
                conv(f"{b}conv{j}", c, a, k)
                bn(f"{b}bn{j}", c)
            if i == 0:
                conv(b + "downsample.0", 4 * planes, into, 1)
                bn(b + "downsample.1", 4 * planes)
            into = 4 * planes
    s["visual.attnpool.positional_embedding"] = [(side[0] // 32) * (side[1] // 32) + 1, into]
    for p in "kqv": linear(s, f"visual.attnpool.{p}_proj", into, into)
    linear(s, "visual.attnpool.c_proj", embed, into)


def open_clips(name):
    """Names and shapes by open_clip itself, on torch's device without memory; None where it is not installed."""
    try: import open_clip
    except ImportError: return None
    model = open_clip.create_model(name, pretrained=None, device="meta", pretrained_hf=False)
    return {n: [str(t.dtype).removeprefix("torch."), list(t.shape)] for n, t in model.state_dict().items()}


def zeros(path, tensors):
    header, at = {}, 0
    for name, (dtype, shape) in tensors.items():
        kind, size = BYTES[dtype]
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [at, at + size * math.prod(shape)]}
        at += size * math.prod(shape)
    text = json.dumps(header).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        f.truncate(8 + len(text) + at)


def load(nclip, config, tensors):
    """None where nclip loads it, else what it says."""
    with tempfile.TemporaryDirectory() as folder:
        zeros(os.path.join(folder, "open_clip_model.safetensors"), tensors)
        pathlib.Path(folder, "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": {}}))
        run = subprocess.run([*nclip, "model", "info", folder, "--no-fingerprint", "--json"], capture_output=True, text=True)
        return None if run.returncode == 0 else run.stderr.strip().replace(folder + "/", "").removeprefix("nclip: ")


def main():
    a = argparse.ArgumentParser(usage=__doc__)
    a.add_argument("configs")
    a.add_argument("--nclip", default="dotnet src/NClip.Cli/bin/Release/net10.0/nclip.dll")
    a.add_argument("--shapes", action="append", default=[])
    a.add_argument("--only", default="")
    a.add_argument("--out")
    a = a.parse_args()
    given = {}
    for file in a.shapes: given |= json.load(gzip.open(file) if file.endswith(".gz") else open(file))
    rows, counts = [], {"loads": 0, "refused": 0, "not tried": 0}
    for file in sorted(pathlib.Path(a.configs).glob("*.json"), key=lambda f: f.stem.lower()):
        config = json.loads(file.read_text())
        if "vision_cfg" not in config or "audio_cfg" in config or not file.stem.startswith(a.only): continue
        v, t = config["vision_cfg"], config["text_cfg"]
        tensors, by = (given[file.stem]["tensors"], "open_clip, kept") if file.stem in given else (open_clips(file.stem), "open_clip")
        if tensors is None: tensors, by = own(config), "the script"
        said = load(a.nclip.split(), config, tensors) if tensors else "neither the script nor a file of --shapes knows its names and shapes"
        state = "not tried" if tensors is None else "loads" if said is None else "refused"
        counts[state] += 1
        image = v.get("timm_model_name") or ("ModifiedResNet" if isinstance(v.get("layers"), list) else f"ViT {v.get('width')} x {v.get('layers')}")
        text = t.get("hf_model_name") or f"transformer {t.get('width')} x {t.get('layers')}"
        rows.append(f"| {file.stem} | {image} | {text} | {state} | {by if tensors else ''} | {(said or '').replace('|', '/')} |")
        print(state, file.stem, said or "", file=sys.stderr, flush=True)
    summary = ", ".join(f"{n} {what}" for what, n in counts.items())
    page = "\n".join(["# open_clip's configurations", "",
        "Made by `python3 benchmarks/coverage.py CONFIGS`, whose head says how; do not edit it. A weight file of zeros with the real names and shapes of each configuration, and `nclip model info`: what loads has every tensor where it is expected, with its shape.",
        "That the answers are right is proved on models with weights ([parity.md](parity.md)). \"Names by\": whose names and shapes they are, open_clip's own, kept in a file or made at once, or the script's, which knows open_clip's own towers and timm's SigLIP.", "",
        f"{len(rows)} image-text configurations: {summary}.", "", "| configuration | image tower | text tower | state | names by | why |", "|---|---|---|---|---|---|", *rows, ""])
    if a.out: pathlib.Path(a.out).write_text(page)
    else: print(page)


main()
