#!/usr/bin/env python3
"""Opens folders of `nclip model export --format hf` with transformers itself and compares its features and logits with the float64 reference of the tiny models.
usage: transformers_opens.py COMMAND...   e.g. transformers_opens.py dotnet src/NClip.Cli/bin/Release/net10.0/nclip.dll
Needs torch, transformers and safetensors; where they are missing it says so and ends with code 77. The last line is 'N passed, N failed'."""
import pathlib, subprocess, sys, tempfile

try:
    import torch, transformers
    from safetensors.torch import load_file
except ImportError as e:
    print(f"nothing was compared: {e}. pip install torch transformers safetensors")
    sys.exit(77)

TINY = pathlib.Path(__file__).resolve().parents[1] / "reference" / "model_tiny"
CASES = [("d1_hf_quickgelu_eos2", "model.safetensors", "CLIPModel"), ("d2_hf_gelu_eos", "model.safetensors", "CLIPModel"), ("a_openai_vit", "state_dict.pt", "CLIPModel"),
         ("e1_siglip_gelu", "hf/model.safetensors", "SiglipModel"), ("e2_siglip_gelu_tanh", "hf/model.safetensors", "SiglipModel"), ("h_chinese_clip", "original_names.pt", "ChineseCLIPModel")]
passed = failed = 0


def compare(what, found, expected, tolerance):
    global passed, failed
    rms = expected.double().square().mean().sqrt().item()
    deviation = (found.double() - expected.double()).abs().max().item()
    ok = deviation <= tolerance * max(1.0, rms)
    passed, failed = passed + ok, failed + (not ok)
    print(f"{'ok    ' if ok else 'FAIL  '} {what}: {deviation:.1e}")


print(f"transformers {transformers.__version__}, torch {torch.__version__}")
for folder, weights, name in CASES:
    source = TINY / folder / weights
    if not source.exists():
        print(f"left out {folder}: {weights} is not in this checkout")
        continue
    inputs, expected = load_file(TINY / folder / "inputs.safetensors"), load_file(TINY / folder / "expected.safetensors")
    with tempfile.TemporaryDirectory() as work:
        exported = pathlib.Path(work, "exported")
        subprocess.run([*sys.argv[1:], "model", "export", str(source), "--format", "hf", "--output", str(exported)], check=True, stdout=subprocess.DEVNULL)
        model, report = getattr(transformers, name).from_pretrained(exported, output_loading_info=True)
        missing = sorted(k for k in (*report["missing_keys"], *report["unexpected_keys"]) if not k.endswith("position_ids"))
        passed, failed = passed + (not missing), failed + bool(missing)
        print(f"{'FAIL  ' if missing else 'ok    '} {folder}: every tensor is one of {name}'s {missing or ''}")
        tokens = inputs["tokens"].long()
        mask = (tokens != model.config.text_config.pad_token_id).long() if name == "ChineseCLIPModel" else None
        with torch.no_grad():
            out = model(input_ids=tokens, pixel_values=inputs["images"], attention_mask=mask)
        for what, found, tolerance in (("image_features_norm", out.image_embeds, 2e-5), ("text_features_norm", out.text_embeds, 2e-5), ("logits_per_image", out.logits_per_image, 1e-4)):
            compare(f"{folder}: {what}", found, expected[what + "_f64"], tolerance)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
