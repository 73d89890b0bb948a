"""Names and shapes of kakaobrain/align-base, in transformers' names: EfficientNet-B7 and BERT-base. (Tan and Le 2019, tables 1 and 2; transformers modeling_align.py, its configuration's defaults)"""
import math
from openclip_shapes import linear, norm

WIDER, DEEPER = 2.0, 3.1
STAGES = ((32, 16, 3, 1, 1), (16, 24, 3, 6, 2), (24, 40, 5, 6, 2), (40, 80, 3, 6, 3), (80, 112, 5, 6, 3), (112, 192, 5, 6, 4), (192, 320, 3, 6, 1))  # channels in, out, kernel, widening, blocks


def channels(n):
    """Wider, to a multiple of 8 that is at most a tenth smaller."""
    wide = n * WIDER
    near = max(8, int(wide + 4) // 8 * 8)
    return near + 8 if near < 0.9 * wide else near


def of():
    s = {"temperature": []}
    def bn(name, n): s.update({f"{name}.{p}": [n] for p in ("weight", "bias", "running_mean", "running_var")})
    s["vision_model.embeddings.convolution.weight"] = [channels(32), 3, 3, 3]
    bn("vision_model.embeddings.batchnorm", channels(32))
    i = 0
    for into, out, kernel, wider, count in STAGES:
        for j in range(math.ceil(DEEPER * count)):
            at, c, to = f"vision_model.encoder.blocks.{i}.", channels(out if j else into), channels(out)
            hidden, squeezed = wider * c, max(1, int(0.25 * c))
            if wider > 1:
                s[at + "expansion.expand_conv.weight"] = [hidden, c, 1, 1]
                bn(at + "expansion.expand_bn", hidden)
            s[at + "depthwise_conv.depthwise_conv.weight"] = [hidden, 1, kernel, kernel]
            bn(at + "depthwise_conv.depthwise_norm", hidden)
            s |= {at + "squeeze_excite.reduce.weight": [squeezed, hidden, 1, 1], at + "squeeze_excite.reduce.bias": [squeezed], at + "squeeze_excite.expand.weight": [hidden, squeezed, 1, 1], at + "squeeze_excite.expand.bias": [hidden]}
            s[at + "projection.project_conv.weight"] = [to, hidden, 1, 1]
            bn(at + "projection.project_bn", to)
            i += 1
    for name, rows in (("word", 30522), ("position", 512), ("token_type", 2)): s[f"text_model.embeddings.{name}_embeddings.weight"] = [rows, 768]
    norm(s, "text_model.embeddings.LayerNorm", 768)
    for i in range(12):
        b = f"text_model.encoder.layer.{i}."
        for n in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"): linear(s, b + n, 768, 768)
        linear(s, b + "intermediate.dense", 3072, 768)
        linear(s, b + "output.dense", 768, 3072)
        norm(s, b + "attention.output.LayerNorm", 768)
        norm(s, b + "output.LayerNorm", 768)
    linear(s, "text_model.pooler.dense", 768, 768)
    linear(s, "text_projection", 640, 768)
    return {n: ["float32", shape] for n, shape in s.items()}
