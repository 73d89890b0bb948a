"""Names and shapes of the tensors of open_clip's configurations, from the configurations alone: open_clip's own towers (ViT, ResNet, text transformer, CoCa), timm's SigLIP, ConvNeXt, ViTamin and plain
average-pooled ViT, Hugging Face's RoBERTa, M2M-100 and mT5. What another library's tower is called and how large it is, is in the tables below. Sources: open_clip model.py, transformer.py, coca_model.py,
timm_model.py, hf_model.py; timm convnext.py, vitamin.py, vision_transformer.py; transformers' modeling files; sizes of Hugging Face's models by their config.json."""
import re

SIGLIP = {"base": (768, 12, 3072), "large": (1024, 24, 4096), "so400m": (1152, 27, 4304), "giantopt": (1536, 40, 6144)}  # width, blocks, hidden width
CONVNEXT = {"tiny": ((3, 3, 9, 3), 96), "small": ((3, 3, 27, 3), 96), "base": ((3, 3, 27, 3), 128), "large": ((3, 3, 27, 3), 192), "xlarge": ((3, 3, 27, 3), 256), "xxlarge": ((3, 4, 30, 3), 384)}  # blocks of the stages, channels of the first
VITAMIN = {"small": (64, 384, 14), "base": (128, 768, 14), "large": (160, 1024, 31), "large2": (160, 1024, 31), "xlarge": (192, 1152, 32)}  # channels of the stem, width, transformer blocks
ROBERTA = {"roberta-base": (50265, 768, 12, 3072), "xlm-roberta-base": (250002, 768, 12, 3072), "xlm-roberta-large": (250002, 1024, 24, 4096)}  # tokens, width, blocks, hidden width
M2M = {"facebook/nllb-200-distilled-600M": (256206, 1024, 12, 4096), "facebook/nllb-200-distilled-1.3B": (256206, 1024, 24, 8192)}
MT5 = {"google/mt5-base": (250112, 768, 12, 2048, 12), "google/mt5-xl": (250112, 2048, 24, 5120, 32)}  # and heads of 64 numbers


def is_image_text(config):
    """Two towers, one of pictures: neither audio nor open_clip's generative models (GenLIP, GenLAP)."""
    return "vision_cfg" in config and "audio_cfg" not in config and "genlip_cfg" not in config and "genlap_cfg" not in config


def of(config):
    """{name: [element type, shape]}, or None where a tower is of a kind that is not known here."""
    v, t, embed = config["vision_cfg"], config["text_cfg"], config["embed_dim"]
    s = {"logit_scale": []}
    if "init_logit_bias" in config: s["logit_bias"] = []
    size = v.get("image_size", 224)
    if not image(s, v, (size, size) if isinstance(size, int) else size, embed): return None
    if t.get("hf_model_name"):
        if not hugging_face(s, t, embed): return None
    elif t.get("text_arch") or "layers" not in t: return None
    else: text(s, "text." if config.get("custom_text") else "", t, embed, "multimodal_cfg" in config)
    if "multimodal_cfg" in config: decoder(s, config["multimodal_cfg"], t.get("vocab_size", 49408))
    return {n: ["float32", shape] for n, shape in s.items()}


def image(s, v, side, embed):
    """The image tower; false where it is not known."""
    name = v.get("timm_model_name")
    if name is None:
        if "layers" not in v: return False
        (resnet if isinstance(v["layers"], list) else vit)(s, v, side, embed)
        return True
    if v.get("timm_model_kwargs"): return False
    if m := re.fullmatch(r"vit_(base|large|so400m|giantopt)_patch(\d+)_siglip_(\d+)", name):
        if v.get("timm_proj", "none") != "none" or v.get("timm_pool") != "map": return False
        timm_siglip(s, *SIGLIP[m[1]], int(m[2]), side)
        return True
    if m := re.fullmatch(r"convnext_(\w+)", name): width = convnext(s, *CONVNEXT[m[1]])
    elif m := re.fullmatch(r"vitamin_(small|base|large2?|xlarge)_\d+", name): width = vitamin(s, *VITAMIN[m[1]], None if m[1] == "xlarge" else side)
    elif name == "vit_medium_patch16_gap_256": width = timm_average(s, 512, 12, 16, side)
    else: return False
    if v.get("timm_proj") == "linear": s["visual.head.proj.weight"] = [embed, width]
    elif v.get("timm_proj") == "mlp":
        linear(s, "visual.head.mlp.fc1", 2 * embed, width)
        s["visual.head.mlp.fc2.weight"] = [embed, 2 * embed]
    else: return False
    return True


def norm(s, name, width): s |= {name + ".weight": [width], name + ".bias": [width]}


def linear(s, name, out, into): s |= {name + ".weight": [out, into], name + ".bias": [out]}


def conv(s, name, out, into, kernel): s |= {name + ".weight": [out, into, kernel, kernel], name + ".bias": [out]}


def blocks(s, name, w, layers, cfg, cross=False):
    mlp = int(w * cfg.get("mlp_ratio", 4.0))
    for i in range(layers):
        b = f"{name}.{i}."
        for n in ("ln_1", "ln_2", *(["ln_1_kv"] if cross else [])): norm(s, b + n, w)
        s |= {b + "attn.in_proj_weight": [3 * w, w], b + "attn.in_proj_bias": [3 * w]}
        linear(s, b + "attn.out_proj", w, w)
        linear(s, b + "mlp.c_fc", mlp, w)
        linear(s, b + "mlp.c_proj", w, mlp)
        if cfg.get("ls_init_value") is not None: s |= {b + "ls_1.gamma": [w], b + "ls_2.gamma": [w]}


def vit(s, v, side, embed):
    w, p = v["width"], v.get("patch_size", 16)
    queries = v.get("attentional_pool")
    s |= {"visual.class_embedding": [w], "visual.conv1.weight": [w, 3, p, p], "visual.positional_embedding": [side[0] // p * (side[1] // p) + 1, w], "visual.proj": [embed if queries else w, embed]}
    if not v.get("no_ln_pre"): norm(s, "visual.ln_pre", w)
    norm(s, "visual.ln_post", embed if queries else w)
    blocks(s, "visual.transformer.resblocks", w, v["layers"], v)
    if queries: attention_pool(s, "visual.attn_pool.", v.get("attn_pooler_queries", v.get("n_queries", 256)), embed, w)


def attention_pool(s, at, queries, out, into):
    s |= {at + "query": [queries, out], at + "attn.in_proj_bias": [3 * out]}
    if out == into: s[at + "attn.in_proj_weight"] = [3 * out, into]
    else: s |= {f"{at}attn.{n}_proj_weight": [out, out if n == "q" else into] for n in "qkv"}
    linear(s, at + "attn.out_proj", out, out)
    norm(s, at + "ln_q", out)
    norm(s, at + "ln_k", into)


def text(s, prefix, t, embed, coca):
    width = t["width"]
    s |= {prefix + "token_embedding.weight": [t.get("vocab_size", 49408), width], prefix + "positional_embedding": [t.get("context_length", 77) + bool(t.get("embed_cls")), width]}
    if t.get("embed_cls"): s[prefix + "cls_emb"] = [width]
    norm(s, prefix + "ln_final", width)
    blocks(s, prefix + "transformer.resblocks", width, t["layers"], t)
    if t.get("proj_type", "linear") != "none":
        if t.get("proj_bias"): linear(s, prefix + "text_projection", embed, width)
        else: s[prefix + "text_projection"] = [width, embed]


def decoder(s, cfg, vocabulary):
    """CoCa's captioning decoder, which retrieval does not use."""
    w, layers = cfg.get("width", 512), cfg.get("layers", 12)
    s["text_decoder.text_projection"] = [w, vocabulary]
    blocks(s, "text_decoder.resblocks", w, layers, cfg)
    blocks(s, "text_decoder.cross_attn", w, layers, cfg, cross=True)
    norm(s, "text_decoder.ln_final", w)


def resnet(s, v, side, embed):
    w = v.get("width", 64)
    def bn(name, n): s.update({f"visual.{name}.{p}": [n] for p in ("weight", "bias", "running_mean", "running_var")})
    def unbiased(name, out, into, k): s[f"visual.{name}.weight"] = [out, into, k, k]
    for i, (into, out) in enumerate(((3, w // 2), (w // 2, w // 2), (w // 2, w)), 1):
        unbiased(f"conv{i}", out, into, 3)
        bn(f"bn{i}", out)
    into = w
    for stage, count in enumerate(v["layers"], 1):
        planes = w * 2 ** (stage - 1)
        for i in range(count):
            b = f"layer{stage}.{i}."
            for j, (a, c, k) in enumerate(((into, planes, 1), (planes, planes, 3), (planes, 4 * planes, 1)), 1):
                unbiased(f"{b}conv{j}", c, a, k)
                bn(f"{b}bn{j}", c)
            if i == 0:
                unbiased(b + "downsample.0", 4 * planes, into, 1)
                bn(b + "downsample.1", 4 * planes)
            into = 4 * planes
    s["visual.attnpool.positional_embedding"] = [(side[0] // 32) * (side[1] // 32) + 1, into]
    for p in "kqv": linear(s, f"visual.attnpool.{p}_proj", into, into)
    linear(s, "visual.attnpool.c_proj", embed, into)


def timm_blocks(s, w, layers, mlp):
    trunk = "visual.trunk."
    for i in range(layers):
        b = f"{trunk}blocks.{i}."
        norm(s, b + "norm1", w)
        norm(s, b + "norm2", w)
        for name, out, into in (("attn.qkv", 3 * w, w), ("attn.proj", w, w), ("mlp.fc1", mlp, w), ("mlp.fc2", w, mlp)): linear(s, b + name, out, into)


def timm_siglip(s, w, layers, mlp, p, side):
    trunk = "visual.trunk."
    s |= {trunk + "pos_embed": [1, side[0] // p * (side[1] // p), w], trunk + "attn_pool.latent": [1, 1, w]}
    conv(s, trunk + "patch_embed.proj", w, 3, p)
    timm_blocks(s, w, layers, mlp)
    norm(s, trunk + "norm", w)
    norm(s, trunk + "attn_pool.norm", w)
    for name, out, into in (("q", w, w), ("kv", 2 * w, w), ("proj", w, w), ("mlp.fc1", mlp, w), ("mlp.fc2", w, mlp)): linear(s, trunk + "attn_pool." + name, out, into)


def timm_average(s, w, layers, p, side):
    """vit_medium_patch16_gap: the mean of normed tokens, layer scale, no bias of query, key and value."""
    trunk = "visual.trunk."
    s[trunk + "pos_embed"] = [1, side[0] // p * (side[1] // p), w]
    conv(s, trunk + "patch_embed.proj", w, 3, p)
    timm_blocks(s, w, layers, 4 * w)
    for i in range(layers):
        del s[f"{trunk}blocks.{i}.attn.qkv.bias"]
        s |= {f"{trunk}blocks.{i}.ls{j}.gamma": [w] for j in (1, 2)}
    norm(s, trunk + "norm", w)
    return w


def convnext(s, depths, first):
    trunk = "visual.trunk."
    conv(s, trunk + "stem.0", first, 3, 4)
    norm(s, trunk + "stem.1", first)
    for stage, count in enumerate(depths):
        at, c = f"{trunk}stages.{stage}.", first * 2 ** stage
        if stage:
            norm(s, at + "downsample.0", c // 2)
            conv(s, at + "downsample.1", c, c // 2, 2)
        for i in range(count):
            b = f"{at}blocks.{i}."
            s[b + "gamma"] = [c]
            conv(s, b + "conv_dw", c, 1, 7)
            norm(s, b + "norm", c)
            linear(s, b + "mlp.fc1", 4 * c, c)
            linear(s, b + "mlp.fc2", c, 4 * c)
    norm(s, trunk + "head.norm", c)
    return c


def vitamin(s, stem, w, layers, side):
    """side: pixels of the picture; None where there are no positions."""
    trunk, at = "visual.trunk.", "visual.trunk.patch_embed.backbone."
    if side: s[trunk + "pos_embed"] = [1, -(-side[0] // 16) * -(-side[1] // 16), w]
    conv(s, at + "stem.conv1", stem, 3, 3)
    norm(s, at + "stem.norm1", stem)
    conv(s, at + "stem.conv2", stem, stem, 3)
    into = stem
    for stage, count in enumerate((2, 4)):
        c = stem * 2 ** stage
        for i in range(count):
            b = f"{at}stages.{stage}.{i}."
            if into != c: conv(s, b + "shortcut.expand", c, into, 1)
            norm(s, b + "pre_norm", into)
            conv(s, b + "conv1_1x1", 4 * c, into, 1)
            conv(s, b + "conv2_kxk", 4 * c, 1, 3)
            conv(s, b + "conv3_1x1", c, 4 * c, 1)
            into = c
    norm(s, at + "pool.norm", into)
    conv(s, at + "pool.proj", w, into, 3)
    for i in range(layers):
        b = f"{trunk}blocks.{i}."
        for n in ("norm1", "norm2", "mlp.norm"): norm(s, b + n, w)
        for name, out, from_ in (("attn.qkv", 3 * w, w), ("attn.proj", w, w), ("mlp.w0", 2 * w, w), ("mlp.w1", 2 * w, w), ("mlp.w2", w, 2 * w)): linear(s, b + name, out, from_)
    norm(s, trunk + "fc_norm", w)
    return w


def hugging_face(s, t, embed):
    """A text tower of transformers and open_clip's projection; false where it is not known."""
    name, at = t["hf_model_name"], "text.transformer."
    for table, tower in ((ROBERTA, roberta), (M2M, m2m100), (MT5, mt5)):
        if name in table:
            width = tower(s, at, *table[name])
            break
    else: return False
    if t.get("hf_proj_type", "mlp") == "linear": s["text.proj.weight"] = [embed, width]
    else:
        hidden = (width + embed) // 2
        s |= {"text.proj.0.weight": [hidden, width], "text.proj.2.weight": [embed, hidden]}
    return True


def roberta(s, at, tokens, w, layers, mlp):
    for name, rows in (("word", tokens), ("position", 514), ("token_type", 1)): s[f"{at}embeddings.{name}_embeddings.weight"] = [rows, w]
    norm(s, at + "embeddings.LayerNorm", w)
    for i in range(layers):
        b = f"{at}encoder.layer.{i}."
        for n in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"): linear(s, b + n, w, w)
        linear(s, b + "intermediate.dense", mlp, w)
        linear(s, b + "output.dense", w, mlp)
        norm(s, b + "attention.output.LayerNorm", w)
        norm(s, b + "output.LayerNorm", w)
    return w


def m2m100(s, at, tokens, w, layers, mlp):
    s[at + "embed_tokens.weight"] = [tokens, w]
    for i in range(layers):
        b = f"{at}layers.{i}."
        for n in ("k", "v", "q", "out"): linear(s, f"{b}self_attn.{n}_proj", w, w)
        linear(s, b + "fc1", mlp, w)
        linear(s, b + "fc2", w, mlp)
        norm(s, b + "self_attn_layer_norm", w)
        norm(s, b + "final_layer_norm", w)
    norm(s, at + "layer_norm", w)
    return w


def mt5(s, at, tokens, w, layers, mlp, heads):
    s[at + "embed_tokens.weight"] = [tokens, w]
    for i in range(layers):
        b = f"{at}block.{i}.layer."
        for n in "qkv": s[f"{b}0.SelfAttention.{n}.weight"] = [64 * heads, w]
        s |= {b + "0.SelfAttention.o.weight": [w, 64 * heads], b + "0.layer_norm.weight": [w], b + "1.layer_norm.weight": [w]}
        for n in ("wi_0", "wi_1"): s[f"{b}1.DenseReluDense.{n}.weight"] = [mlp, w]
        s[b + "1.DenseReluDense.wo.weight"] = [w, mlp]
    s |= {at + "block.0.layer.0.SelfAttention.relative_attention_bias.weight": [32, heads], at + "final_layer_norm.weight": [w]}
    return w
