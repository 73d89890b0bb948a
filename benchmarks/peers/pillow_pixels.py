#!/usr/bin/env python3
"""Pillow on openai/CLIP's preprocessing (resize to 224 bicubic, centre crop, normalise), one thread: processor ms of decoding, resizing, all. One JSON line.

usage: pillow_pixels.py FILE [--seconds S]"""
import argparse, io, json, time
import numpy as np
import PIL
from PIL import Image

ap = argparse.ArgumentParser(); ap.add_argument("file"); ap.add_argument("--seconds", type=float, default=3); a = ap.parse_args()
mean, std = np.array([0.48145466, 0.4578275, 0.40821073], np.float32), np.array([0.26862954, 0.26130258, 0.27577711], np.float32)
data, clock, spent, n = open(a.file, "rb").read(), time.process_time, {"decode": 0.0, "resize": 0.0, "file_to_tensor": 0.0}, 0
begin = time.time()
while time.time() - begin < a.seconds:
    t0 = clock()
    picture = Image.open(io.BytesIO(data)); picture.load(); t1 = clock()
    w, h = picture.size
    small = picture.resize((224, 224 * h // w) if w <= h else (224 * w // h, 224), Image.BICUBIC); t2 = clock()
    x, y = round((small.width - 224) / 2), round((small.height - 224) / 2)
    rgb = np.asarray(small.crop((x, y, x + 224, y + 224)).convert("RGB"), np.float32)
    tensor = np.ascontiguousarray(((rgb / 255 - mean) / std).transpose(2, 0, 1)); t3 = clock()
    for key, ms in (("decode", t1 - t0), ("resize", t2 - t1), ("file_to_tensor", t3 - t0)): spent[key] += 1000 * ms
    n += 1
print(json.dumps({"peer": f"Pillow {PIL.__version__}", **{k: v / n for k, v in spent.items()}}))
