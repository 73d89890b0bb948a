namespace NClip.Checkpoints.Torch;

// What a pickle can become here: besides null, bool, long, BigInteger, double and string, these kinds of plain data and nothing else.

/// <summary>A list or a set.</summary>
internal sealed class PyList
{
    public List<object?> Items { get; } = [];
}

internal sealed class PyTuple(object?[] items)
{
    public static readonly PyTuple Empty = new([]);
    public object?[] Items { get; } = items;
}

/// <summary>A dict or OrderedDict: pairs in the order they were set. Keys are not hashed, so that none can be made to collide.</summary>
internal sealed class PyDict
{
    public List<(object? Key, object? Value)> Items { get; } = [];

    /// <summary>Value of the last pair with this key, as Python would have it; null where there is none.</summary>
    public object? this[string key]
    {
        get
        {
            for (var i = Items.Count - 1; i >= 0; i--)
                if (Items[i].Key is string k && k == key) return Items[i].Value;
            return null;
        }
    }
}

/// <summary>A bytes object. Its content is of no use here and stays in the file.</summary>
internal sealed record PyBytes(long Length);

/// <summary>A class or function named by the pickle: one of a fixed table (<see cref="PickleGlobals"/>), never looked up anywhere.</summary>
internal sealed record PyGlobal(string FullName, PyGlobalKind Kind, TensorType Type = default);

/// <summary>An object of a TorchScript class (<c>__torch__.…</c>): its attributes, no code.</summary>
internal sealed class PyBag(string className)
{
    public string ClassName { get; } = className;
    public PyDict Attributes { get; set; } = new();
}

/// <summary>A run of elements of one type that tensors are views of.</summary>
internal sealed class PyStorage(string key, TensorType type, long count)
{
    public string Key { get; } = key;
    public TensorType Type { get; } = type;

    /// <summary>Elements that the pickle says it has; checked against the file when <see cref="Region"/> is set.</summary>
    public long Count { get; } = count;

    /// <summary>Storage that this one is a part of (legacy files), and the first element in it.</summary>
    public PyStorage? Base { get; init; }
    public long BaseOffset { get; init; }

    public StorageRegion? Region { get; set; }
}

/// <summary>Where a storage's bytes are: <paramref name="Length"/> bytes at <paramref name="Offset"/> of the file, or what <paramref name="Inflate"/> gives.</summary>
internal sealed record StorageRegion(ByteSource Source, long Offset, long Length, Func<ReadOnlyMemory<byte>>? Inflate = null);

/// <summary>A strided view of a storage; offset and strides count elements.</summary>
internal sealed record PyTensor(PyStorage Storage, TensorType Type, long Offset, long[] Shape, long[] Strides);
