"""Weight files of any size without a download: safetensors of zeros that take no room, or of noise that runs as fast as real weights."""
import array, json, math, random, struct

BYTES = {"float32": ("F32", 4), "float16": ("F16", 2), "bfloat16": ("BF16", 2), "int64": ("I64", 8)}


def size(tensors): return sum(BYTES[dtype][1] * math.prod(shape) for dtype, shape in tensors.values())


def head(tensors):
    """The file's first bytes; the data begins behind them at a multiple of 64."""
    header, at = {}, 0
    for name, (dtype, shape) in tensors.items():
        kind, width = BYTES[dtype]
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [at, at + width * math.prod(shape)]}
        at += width * math.prod(shape)
    text = json.dumps(header).encode()
    text += b" " * (-(len(text) + 8) % 64)
    return struct.pack("<Q", len(text)) + text


def zeros(path, tensors):
    """tensors: {name: [dtype, shape]}."""
    start = head(tensors)
    with open(path, "wb") as f:
        f.write(start)
        f.truncate(len(start) + size(tensors))


def noise(path, tensors):
    """Float32 alone: matrices are noise of 0.02, norms and what multiplies 1, variances 1, so that nothing runs away and no number is subnormal. No two tensors are alike: nothing may find that one copy serves for several."""
    normal = random.Random(1)
    table = array.array("f", (normal.gauss(0, 0.02) for _ in range(1 << 20))).tobytes()
    with open(path, "wb") as f:
        f.write(head(tensors))
        for name, (dtype, shape) in tensors.items():
            count = math.prod(shape)
            if dtype != "float32": f.write(bytes(BYTES[dtype][1] * count))
            elif name.endswith("running_var") or (len(shape) == 1 and name.endswith(".weight")): f.write(array.array("f", [1.0]) * count)
            else:
                left, at = 4 * count, 4 * normal.randrange(1 << 20)
                while left > 0:
                    part = table[at:at + left]
                    f.write(part)
                    left, at = left - len(part), 0
