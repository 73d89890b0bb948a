#!/usr/bin/env python3
"""PyTorch on ViT-B/32's image tower (random weights, float32, quick GELU, inference mode): images a second. One JSON line.

usage: torch_tower.py [--threads N] [--batch B] [--seconds S]"""
import argparse, json, time
import torch
from torch import nn

ap = argparse.ArgumentParser(); ap.add_argument("--threads", type=int, default=1); ap.add_argument("--batch", type=int, default=8); ap.add_argument("--seconds", type=float, default=5); a = ap.parse_args()
torch.set_num_threads(a.threads); torch.manual_seed(0)

class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__(); self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out, self.up, self.down = nn.Linear(width, 3 * width), nn.Linear(width, width), nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
    def forward(self, x):
        n, t, w = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(n, t, 3, self.heads, w // self.heads).permute(2, 0, 3, 1, 4)
        scores = torch.softmax(q @ k.transpose(-1, -2) * (w // self.heads) ** -0.5, -1)
        x = x + self.out((scores @ v).transpose(1, 2).reshape(n, t, w))
        y = self.up(self.norm2(x)); return x + self.down(y * torch.sigmoid(1.702 * y))

class Tower(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 768, 32, 32, bias=False); self.cls = nn.Parameter(torch.randn(768)); self.places = nn.Parameter(torch.randn(50, 768))
        self.before, self.after, self.project = nn.LayerNorm(768), nn.LayerNorm(768), nn.Linear(768, 512, bias=False)
        self.blocks = nn.Sequential(*(Block(768, 12) for _ in range(12)))
    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = self.before(torch.cat([self.cls.expand(len(x), 1, 768), x], 1) + self.places)
        return self.project(self.after(self.blocks(x)[:, 0]))

tower, x, times = Tower().eval(), torch.randn(a.batch, 3, 224, 224), []
with torch.inference_mode():
    tower(x); begin = time.time()
    while time.time() - begin < a.seconds: t = time.time(); tower(x); times.append(time.time() - t)
print(json.dumps({"peer": f"PyTorch {torch.__version__}", "images_per_second": a.batch / sorted(times)[len(times) // 2]}))
