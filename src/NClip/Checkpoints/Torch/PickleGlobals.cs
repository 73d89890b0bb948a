namespace NClip.Checkpoints.Torch;

/// <summary>What a permitted global does when the pickle calls it.</summary>
internal enum PyGlobalKind
{
    /// <summary>Only named, never called.</summary>
    Marker,
    OrderedDict,
    RebuildTensor,
    RebuildTensorWithType,
    RebuildParameter,
    RebuildFromType,
    Size,
    Device,
    Storage,
    ElementType,
    /// <summary>TorchScript's typed lists: the list itself.</summary>
    First,
    ScriptClass,
}

/// <summary>
/// The only classes and functions a pickle may name. Each stands for a few lines of our own that build plain data;
/// a name outside this table ends the reading.
/// </summary>
internal static class PickleGlobals
{
    private static readonly Dictionary<string, PyGlobal> _table = new PyGlobal[]
    {
        new("collections.OrderedDict", PyGlobalKind.OrderedDict),
        new("torch._utils._rebuild_tensor", PyGlobalKind.RebuildTensor),
        new("torch._utils._rebuild_tensor_v2", PyGlobalKind.RebuildTensor),
        new("torch._utils._rebuild_tensor_v3", PyGlobalKind.RebuildTensorWithType),
        new("torch._utils._rebuild_parameter", PyGlobalKind.RebuildParameter),
        new("torch._utils._rebuild_parameter_with_state", PyGlobalKind.RebuildParameter),
        new("torch._tensor._rebuild_from_type_v2", PyGlobalKind.RebuildFromType),
        new("torch.Tensor", PyGlobalKind.Marker),
        new("torch.nn.parameter.Parameter", PyGlobalKind.Marker),
        new("torch.nn.parameter.Buffer", PyGlobalKind.Marker),
        new("torch.Size", PyGlobalKind.Size),
        new("torch.device", PyGlobalKind.Device),
        new("torch.jit._pickle.build_intlist", PyGlobalKind.First),
        new("torch.jit._pickle.build_tensorlist", PyGlobalKind.First),
        new("torch.jit._pickle.build_doublelist", PyGlobalKind.First),
        new("torch.jit._pickle.build_boollist", PyGlobalKind.First),
        new("torch.jit._pickle.restore_type_tag", PyGlobalKind.First),
        new("torch.FloatStorage", PyGlobalKind.Storage, TensorType.Float32),
        new("torch.HalfStorage", PyGlobalKind.Storage, TensorType.Float16),
        new("torch.BFloat16Storage", PyGlobalKind.Storage, TensorType.BFloat16),
        new("torch.DoubleStorage", PyGlobalKind.Storage, TensorType.Float64),
        new("torch.LongStorage", PyGlobalKind.Storage, TensorType.Int64),
        new("torch.IntStorage", PyGlobalKind.Storage, TensorType.Int32),
        new("torch.ShortStorage", PyGlobalKind.Storage, TensorType.Int16),
        new("torch.CharStorage", PyGlobalKind.Storage, TensorType.Int8),
        new("torch.ByteStorage", PyGlobalKind.Storage, TensorType.UInt8),
        new("torch.BoolStorage", PyGlobalKind.Storage, TensorType.Bool),
        new("torch.storage.UntypedStorage", PyGlobalKind.Storage, TensorType.UInt8),
        new("torch.storage.TypedStorage", PyGlobalKind.Marker),
        new("torch.float32", PyGlobalKind.ElementType, TensorType.Float32),
        new("torch.float16", PyGlobalKind.ElementType, TensorType.Float16),
        new("torch.bfloat16", PyGlobalKind.ElementType, TensorType.BFloat16),
        new("torch.float64", PyGlobalKind.ElementType, TensorType.Float64),
        new("torch.int64", PyGlobalKind.ElementType, TensorType.Int64),
        new("torch.int32", PyGlobalKind.ElementType, TensorType.Int32),
        new("torch.int16", PyGlobalKind.ElementType, TensorType.Int16),
        new("torch.int8", PyGlobalKind.ElementType, TensorType.Int8),
        new("torch.uint8", PyGlobalKind.ElementType, TensorType.UInt8),
        new("torch.bool", PyGlobalKind.ElementType, TensorType.Bool),
    }.ToDictionary(g => g.FullName);

    /// <summary>The global of that name, or null where it is not permitted.</summary>
    public static PyGlobal? Find(string module, string name)
    {
        var full = $"{module}.{name}";
        if (_table.TryGetValue(full, out var known)) return known;
        return module == "__torch__" || module.StartsWith("__torch__.", StringComparison.Ordinal) ? new PyGlobal(full, PyGlobalKind.ScriptClass) : null;
    }

    /// <summary>Result of calling <paramref name="callee"/>; throws <see cref="FormatException"/> with the reason where the arguments do not fit.</summary>
    public static object? Call(PyGlobal callee, object?[] args) => callee.Kind switch
    {
        PyGlobalKind.OrderedDict => OrderedDict(args),
        PyGlobalKind.RebuildFromType when args is [PyGlobal { Kind: PyGlobalKind.RebuildTensor or PyGlobalKind.RebuildTensorWithType or PyGlobalKind.RebuildParameter } inner, PyGlobal { Kind: PyGlobalKind.Marker }, PyTuple innerArgs, ..]
            => Call(inner, innerArgs.Items),
        PyGlobalKind.RebuildTensor when args is [PyStorage storage, long offset, PyTuple size, PyTuple stride, ..]
            => StridedTensor.Check(storage, storage.Type, offset, Integers(size), Integers(stride)),
        PyGlobalKind.RebuildTensorWithType when args is [PyStorage storage, long offset, PyTuple size, PyTuple stride, _, _, PyGlobal { Kind: PyGlobalKind.ElementType } type, ..]
            => StridedTensor.Check(storage, type.Type, offset, Integers(size), Integers(stride)),
        PyGlobalKind.RebuildParameter when args is [PyTensor tensor, ..] => tensor,
        PyGlobalKind.Size when args is [PyTuple size] => size,
        PyGlobalKind.Size when args is [PyList size] => new PyTuple([.. size.Items]),
        PyGlobalKind.Device when args is [string, ..] => args[0],
        PyGlobalKind.First when args.Length > 0 => args[0],
        _ => throw new FormatException($"'{callee.FullName}' is called with arguments it does not take"),
    };

    private static PyDict OrderedDict(object?[] args)
    {
        var dict = new PyDict();
        if (args is []) return dict;
        if (args is not [PyList pairs]) throw new FormatException("'collections.OrderedDict' is called with arguments it does not take");
        foreach (var pair in pairs.Items)
        {
            dict.Items.Add(pair switch
            {
                PyTuple { Items: [var k, var v] } => (k, v),
                PyList { Items: [var k, var v] } => (k, v),
                _ => throw new FormatException("'collections.OrderedDict' is given something that is no pair"),
            });
        }
        return dict;
    }

    private static long[] Integers(PyTuple tuple)
    {
        if (tuple.Items.Length > StridedTensor.MaxDimensions) throw new FormatException($"a tensor has {tuple.Items.Length} dimensions, at most {StridedTensor.MaxDimensions} are read");
        return [.. tuple.Items.Select(i => i is long n ? n : throw new FormatException("a size or stride of a tensor is no integer"))];
    }
}
