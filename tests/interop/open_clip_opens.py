#!/usr/bin/env python3
"""Trains small models for two steps and opens their folders with open_clip itself: every tensor must be one of its own, and the features of photos and texts, each program
with its own decoding, resizing and tokenizer, must be equal.
usage: open_clip_opens.py COMMAND...   e.g. open_clip_opens.py dotnet src/NClip.Cli/bin/Release/net10.0/nclip.dll
Needs open_clip; where it is missing this says so and ends with code 77. The last line is 'N passed, N failed'."""
import json, pathlib, subprocess, sys, tempfile

try:
    import open_clip, torch
    from PIL import Image
    from safetensors.torch import load_file
except ImportError as e:
    print(f"nothing was compared: {e}. pip install open_clip_torch")
    sys.exit(77)

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "samples"
PHOTOS = [SAMPLES / n for n in ("chelsea.png", "coffee.png", "rocket.jpg")]
TEXTS = ["a photo of a cat", "It's 2 cups of coffee, isn't it?", "ROCKET"]
TEXT = dict(context_length=77, vocab_size=49408, width=64, heads=2, layers=2)
CASES = {
    "ViT": (dict(embed_dim=32, vision_cfg=dict(image_size=64, patch_size=16, width=64, head_width=32, layers=2), text_cfg=TEXT), "clip"),
    "ViT, quick GELU": (dict(embed_dim=32, quick_gelu=True, vision_cfg=dict(image_size=64, patch_size=16, width=64, head_width=32, layers=2), text_cfg=TEXT), "clip"),
    "ResNet": (dict(embed_dim=32, vision_cfg=dict(image_size=64, width=32, layers=[1, 1, 1, 1]), text_cfg=TEXT), "clip"),
    "ViT, sigmoid loss": (dict(embed_dim=32, init_logit_bias=-10, vision_cfg=dict(image_size=64, patch_size=16, width=64, head_width=32, layers=2), text_cfg=TEXT), "siglip"),
}
passed = failed = 0


def check(what, ok, found=""):
    global passed, failed
    passed, failed = passed + ok, failed + (not ok)
    print(f"{'ok    ' if ok else 'FAIL  '} {what}{': ' if found != '' else ''}{found}")


def nclip(*call):
    subprocess.run([*sys.argv[1:], *map(str, call)], check=True, stdout=subprocess.DEVNULL)


print(f"open_clip {open_clip.__version__}, torch {torch.__version__}")
for number, (name, (config, loss)) in enumerate(CASES.items()):
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(temporary)
        (work / "table.csv").write_text("path,caption\n" + "".join(f"{p},{t.replace(',', '')}\n" for p, t in zip(PHOTOS, TEXTS)))
        (work / "config.json").write_text(json.dumps(config))
        (work / "run.json").write_text(json.dumps(dict(output="run", model=dict(config="config.json"), data=dict(train=[dict(source="table.csv")]),
                                                       train=dict(loss=loss, batch=3, steps=2, lr=1e-3, warmup=1, workers=1))))
        nclip("train", work / "run.json")
        folder = work / "run" / "model"

        written = json.loads((folder / "open_clip_config.json").read_text())
        (work / f"written{number}.json").write_text(json.dumps(written["model_cfg"]))
        open_clip.add_model_config(work / f"written{number}.json")
        prepare = {k: v for k, v in written.get("preprocess_cfg", {}).items() if k in ("mean", "std", "interpolation", "resize_mode")}
        model, _, transform = open_clip.create_model_and_transforms(f"written{number}", **{f"image_{k}": v for k, v in prepare.items()})
        result = model.load_state_dict(load_file(folder / "open_clip_model.safetensors"), strict=False)
        check(f"{name}: every tensor is one of open_clip's, and none is missing", not result.missing_keys and not result.unexpected_keys, " ".join([*result.missing_keys, *result.unexpected_keys]))
        model.eval()

        nclip("embed", "images", *PHOTOS, "--image-policy", "reference", "--model", folder, "-o", work / "images.safetensors")
        nclip("embed", "texts", *TEXTS, "--model", folder, "-o", work / "texts.safetensors")
        with torch.no_grad():
            images = model.encode_image(torch.stack([transform(Image.open(p)) for p in PHOTOS]))
            texts = model.encode_text(open_clip.get_tokenizer(f"written{number}")(TEXTS))
        for what, expected in (("images", images), ("texts", texts)):
            found, = load_file(work / f"{what}.safetensors").values()
            deviation = ((found - expected).abs().max() / expected.square().mean().sqrt()).item()
            check(f"{name}: features of {len(found)} {what}", found.shape == expected.shape and deviation <= 2e-5, f"{deviation:.1e}")
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
