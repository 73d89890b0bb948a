using NClip.Foundation;

namespace NClip.Checkpoints.Torch;

/// <summary>Views of storages, as torch stores tensors: checked when they are described, gathered into row-major order when they are read.</summary>
internal static class StridedTensor
{
    public const int MaxDimensions = 32;

    /// <summary>The described tensor; throws <see cref="FormatException"/> with the reason where it leaves its storage.</summary>
    public static PyTensor Check(PyStorage storage, TensorType type, long offset, long[] shape, long[] strides)
    {
        string Shown() => $"a tensor of shape [{string.Join(", ", shape)}], strides [{string.Join(", ", strides)}] and offset {offset} in storage '{storage.Key}'";
        if (shape.Length != strides.Length) throw new FormatException($"{Shown()} has not as many strides as dimensions");
        if (offset < 0 || strides.Any(s => s < 0)) throw new FormatException($"{Shown()} has a negative offset or stride");
        if (!type.TryByteLength(shape, out var bytes)) throw new FormatException($"{Shown()} has an impossible shape");
        // Both products are below 2^63: the storage's was checked when it was made.
        var capacity = storage.Count * storage.Type.Size() / type.Size();
        var last = offset;
        if (bytes > 0)
        {
            for (var d = 0; d < shape.Length; d++)
            {
                if (strides[d] > 0 && shape[d] - 1 > (long.MaxValue - last) / strides[d]) throw new FormatException($"{Shown()} leaves the storage's {capacity} elements");
                last += (shape[d] - 1) * strides[d];
            }
        }
        if (bytes > 0 ? last >= capacity : offset > capacity) throw new FormatException($"{Shown()} leaves the storage's {capacity} elements");
        return new PyTensor(storage, type, offset, shape, strides);
    }

    /// <summary>The tensor under its name. A contiguous one in uncompressed storage shows where it lies in the file.</summary>
    public static TensorEntry ToEntry(string name, PyTensor tensor, string file)
    {
        var (storage, skipped) = (tensor.Storage, 0L);
        if (storage.Base is { } whole) (storage, skipped) = (whole, storage.BaseOffset * storage.Type.Size());
        var region = storage.Region ?? throw new CheckpointException(file, $"tensor '{Shown.Name(name)}' is a view of storage '{storage.Key}', which the file does not have.");
        tensor.Type.TryByteLength(tensor.Shape, out var bytes);
        var start = skipped + tensor.Offset * tensor.Type.Size();
        // Strides of 0 repeat elements: what is gathered may not outgrow what the file could hold.
        if (!IsContiguous(tensor) && (bytes > Array.MaxLength || bytes > Math.Max(region.Length, region.Source.Length)))
            throw new CheckpointException(file, $"tensor '{Shown.Name(name)}' of shape [{string.Join(", ", tensor.Shape)}] and strides [{string.Join(", ", tensor.Strides)}] needs {bytes} bytes, more than its file has.");

        var entry = new TensorEntry(name, tensor.Type, tensor.Shape) { ByteLength = bytes };
        if (!IsContiguous(tensor)) return entry with { Read = () => Gather(tensor, Bytes(region), start) };
        if (region.Inflate is not null) return entry with { Read = () => Bytes(region).Slice((int)start, (int)bytes) };
        var offset = region.Offset + (bytes == 0 ? 0 : start);
        return entry with { File = region.Source.File, Offset = offset, Read = () => region.Source.Memory(offset, bytes), ReadPart = (at, n) => region.Source.Memory(offset + at, n) };
    }

    private static ReadOnlyMemory<byte> Bytes(StorageRegion region) => region.Inflate?.Invoke() ?? region.Source.Memory(region.Offset, region.Length);

    private static bool IsContiguous(PyTensor tensor)
    {
        if (tensor.Shape.Contains(0)) return true;
        var expected = 1L;
        for (var d = tensor.Shape.Length - 1; d >= 0; d--)
        {
            if (tensor.Shape[d] != 1 && tensor.Strides[d] != expected) return false;
            expected *= tensor.Shape[d];
        }
        return true;
    }

    private static ReadOnlyMemory<byte> Gather(PyTensor tensor, ReadOnlyMemory<byte> storage, long start)
    {
        var from = storage.Span;
        var (size, shape) = (tensor.Type.Size(), tensor.Shape);
        tensor.Type.TryByteLength(shape, out var bytes);
        var to = new byte[bytes];
        var index = new long[shape.Length];
        var at = start;
        for (var written = 0; written < to.Length; written += size)
        {
            from.Slice((int)at, size).CopyTo(to.AsSpan(written));
            // Odometer: the last dimension turns first.
            for (var d = shape.Length - 1; d >= 0; d--)
            {
                at += tensor.Strides[d] * size;
                if (++index[d] < shape[d]) break;
                at -= index[d] * tensor.Strides[d] * size;
                index[d] = 0;
            }
        }
        return to;
    }
}
