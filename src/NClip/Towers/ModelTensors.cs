using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using NClip.Checkpoints;
using NClip.Configuration;
using NClip.Foundation;

namespace NClip.Towers;

/// <summary>A tensor under its canonical name, wherever and however the file stores it.</summary>
/// <param name="Name">Canonical name.</param>
/// <param name="Shape">Canonical shape.</param>
/// <param name="Parts">What it is made of: one stored tensor, or several that follow each other along the first dimension (split query, key, value).</param>
internal sealed record ModelTensor(string Name, long[] Shape, IReadOnlyList<TensorEntry> Parts)
{
    /// <summary>The file stores the matrix the other way round: [columns, rows].</summary>
    public bool Transposed { get; init; }

    /// <summary>What stands for 0 where integers are stored as u8.</summary>
    public const byte UnsignedZero = 128;

    /// <summary>The s8 of the file are taken as u8, or its u8 as s8: the graph turns their top bits over.</summary>
    public bool Turned { get; init; }

    /// <summary>One float32 an output channel, where the matrix is 8-bit integers: s8, or u8 with zero at <see cref="UnsignedZero"/>; one a row, where it is a table.</summary>
    public TensorEntry? Scales { get; init; }

    /// <summary>The integers are a table's, s8 [V, W] as the shape says; those of a linear layer [out, in] lie [in, out].</summary>
    public bool IsTable { get; init; }

    /// <summary>The names in the file, for messages.</summary>
    public string StoredName => string.Join(" + ", Parts.Select(p => $"'{Shown.Name(p.Name)}'"));

    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (a, b) => a * b);

    /// <summary>The element type: the stored one; float32 where the parts have several.</summary>
    public TensorType Type => Parts.All(p => p.Type == Parts[0].Type) ? Parts[0].Type : TensorType.Float32;

    /// <summary>All elements in canonical order.</summary>
    public float[] ToFloat32()
    {
        var all = new float[Count];
        ToFloat32(all);
        return all;
    }

    /// <summary>Writes all elements in canonical order into <paramref name="destination"/> [<see cref="Count"/>].</summary>
    public void ToFloat32(Span<float> destination)
    {
        if (Scales is { } scales)
        {
            Dequantise(destination, scales.ToFloat32());
            return;
        }
        var at = 0;
        foreach (var p in Parts)
        {
            p.ToFloat32(destination.Slice(at, (int)p.Count));
            at += (int)p.Count;
        }
        if (Transposed) Transpose<float>(destination.ToArray(), (int)Shape[1], (int)Shape[0]).CopyTo(destination);
    }

    /// <summary>All elements as <see cref="Type"/>, in canonical order, or <paramref name="transposed"/>: those of a matrix the other way round.</summary>
    public ReadOnlyMemory<byte> Bytes(bool transposed)
    {
        var all = Parts.Count == 1 ? Parts[0].Bytes() : Joined();
        if (transposed == Transposed) return all;
        var (rows, columns) = Transposed ? ((int)Shape[1], (int)Shape[0]) : ((int)Shape[0], (int)Shape[1]);
        return Type.Size() switch
        {
            1 => Transpose(all.Span, rows, columns),
            2 => MemoryMarshal.AsBytes(Transpose(MemoryMarshal.Cast<byte, ushort>(all.Span), rows, columns).AsSpan()).ToArray(),
            4 => MemoryMarshal.AsBytes(Transpose(MemoryMarshal.Cast<byte, uint>(all.Span), rows, columns).AsSpan()).ToArray(),
            _ => MemoryMarshal.AsBytes(Transpose(MemoryMarshal.Cast<byte, ulong>(all.Span), rows, columns).AsSpan()).ToArray(),
        };
    }

    /// <summary>Integers [in, out] times their channels' scales -> [out, in]; a table's [V, W] times their rows'.</summary>
    private void Dequantise(Span<float> to, float[] scales)
    {
        if (IsTable)
        {
            var width = (int)Shape[1];
            for (var row = 0; row < scales.Length; row++) Row(row, to.Slice(row * width, width));
            return;
        }
        var (values, columns) = (Parts[0].ToFloat32(), (int)Shape[1]);
        var zero = Parts[0].Type == TensorType.UInt8 ? UnsignedZero : 0;
        for (var c = 0; c < columns; c++)
            for (var r = 0; r < scales.Length; r++) to[(r * columns) + c] = (values[(c * scales.Length) + r] - zero) * scales[r];
    }

    /// <summary>A row of a table that is stored in one piece: integers times their scale, or as it is.</summary>
    /// <param name="row">Which.</param>
    /// <param name="to">[W].</param>
    public void Row(long row, Span<float> to)
    {
        Parts[0].ToFloat32(row * Shape[1], to);
        if (Scales is null) return;
        Span<float> scale = stackalloc float[1];
        Scales.ToFloat32(row, scale);
        TensorPrimitives.Multiply(to, scale[0], to);
    }

    private byte[] Joined()
    {
        var (all, at) = (new byte[Count * Type.Size()], 0);
        foreach (var p in Parts)
        {
            var bytes = p.Type == Type ? p.Bytes().Span : MemoryMarshal.AsBytes(p.ToFloat32().AsSpan());
            bytes.CopyTo(all.AsSpan(at));
            at += bytes.Length;
        }
        return all;
    }

    /// <summary>[rows, columns] -> [columns, rows].</summary>
    private static T[] Transpose<T>(ReadOnlySpan<T> x, int rows, int columns)
    {
        var r = new T[x.Length];
        for (var j = 0; j < columns; j++)
            for (var i = 0; i < rows; i++) r[(j * rows) + i] = x[(i * columns) + j];
        return r;
    }
}

/// <summary>The tensors of a checkpoint by canonical name.</summary>
/// <param name="File">For messages.</param>
/// <param name="Naming">Whose names the file uses.</param>
/// <param name="Tensors">Canonical name to tensor.</param>
internal sealed record ModelTensors(string File, Naming Naming, IReadOnlyDictionary<string, ModelTensor> Tensors)
{
    /// <summary>What NClip says of a file that it wrote itself; null for others'.</summary>
    public OwnFile? Own { get; init; }

    /// <summary>True where the file has the tensor.</summary>
    public bool Has(string name) => Tensors.ContainsKey(name);

    /// <summary>The tensor, or a refusal that names it.</summary>
    public ModelTensor this[string name] => Tensors.TryGetValue(name, out var t)
        ? t
        : throw new CheckpointException(File, $"has no tensor '{Shown.Name(name)}' ({Naming} naming was recognised). The file is incomplete or not a CLIP model.");

    /// <summary>The shape of a tensor that must have <paramref name="rank"/> dimensions, none of them empty or beyond what an int counts.</summary>
    public long[] Shape(string name, int rank)
    {
        var t = this[name];
        if (t.Shape.Length != rank) throw new CheckpointException(File, $"tensor {t.StoredName} has shape {Show(t.Shape)}; one with {rank} dimensions was expected.");
        return t.Shape.All(n => n >= 1 && n <= ConfigRange.Rows.Most)
            ? t.Shape
            : throw new CheckpointException(File, $"tensor {t.StoredName} has shape {Show(t.Shape)}; sizes from 1 to {ConfigRange.Rows.Most} were expected. The file is damaged or not a CLIP model.");
    }

    /// <summary>One more than the largest N of the names <paramref name="prefix"/>N.*: a gap counts as a block, whose tensors are then missing.</summary>
    public int CountBlocks(string prefix)
    {
        var last = -1;
        foreach (var (name, t) in Tensors)
        {
            if (!name.StartsWith(prefix, StringComparison.Ordinal)) continue;
            var number = name.AsSpan(prefix.Length);
            var end = number.IndexOf('.');
            if (end <= 0 || number[..end].ContainsAnyExceptInRange('0', '9')) continue;
            if (!int.TryParse(number[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var i) || i >= ConfigRange.Layers.Most)
                throw new CheckpointException(File, $"tensor {t.StoredName} is of block {Shown.Name(number[..end].ToString())}; numbers from 0 to {ConfigRange.Layers.Most - 1} were expected. The file is damaged or not a CLIP model.");
            last = Math.Max(last, i);
        }
        return last + 1;
    }

    internal static string Show(long[] shape) => $"[{string.Join(", ", shape)}]";
}
