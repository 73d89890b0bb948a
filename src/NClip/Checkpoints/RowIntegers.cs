using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using NClip.Foundation;

namespace NClip.Checkpoints;

/// <summary>
/// A tensor that its file stores as integers with a scale for each row, or for each group of a row: it is read as float32, integer times scale (docs/formats.md, "Rows of integers").
/// A row is what the first dimension counts.
/// </summary>
/// <param name="Integers">I8 of the tensor's shape; or U8 [rows, columns / 2], where byte j has column j in its low half and column j + columns / 2 in its high half, each with zero at <see cref="Zero4"/>.</param>
/// <param name="Scales">F16 or F32 [rows, groups].</param>
internal sealed record RowIntegers(TensorEntry Integers, TensorEntry Scales)
{
    /// <summary>Before the tensor's name in the file.</summary>
    public const string Eight = "nclip.rows8.", Four = "nclip.rows4.", ScalesOf = "nclip.rowscales.";

    /// <summary>What stands for 0 in half a byte.</summary>
    public const int Zero4 = 8;

    /// <summary>Columns of a group of 4-bit integers.</summary>
    public const int Group4 = 32;

    private const int Largest8 = 127, Largest4 = 7;

    // Elements that one thread turns at a time.
    private const int Piece = 1 << 16;

    /// <summary>Half bytes.</summary>
    public bool IsFour => Integers.Type == TensorType.UInt8;

    /// <summary>Scales of a row.</summary>
    public int Groups => (int)Scales.Shape[1];

    private long Columns => Integers.Count / Integers.Shape[0] * (IsFour ? 2 : 1);

    /// <summary>The tensors of a file, with those that it stores this way under their own names.</summary>
    /// <exception cref="CheckpointException">Integers lack their scales, scales their integers, or they do not fit each other.</exception>
    public static Dictionary<string, TensorEntry> Joined(string file, Dictionary<string, TensorEntry> stored)
    {
        if (!stored.Keys.Any(k => k.StartsWith("nclip.rows", StringComparison.Ordinal))) return stored;
        var joined = new Dictionary<string, TensorEntry>(stored.Count);
        foreach (var (key, entry) in stored)
        {
            if (key.StartsWith(ScalesOf, StringComparison.Ordinal))
            {
                var of = key[ScalesOf.Length..];
                if (!stored.ContainsKey(Eight + of) && !stored.ContainsKey(Four + of)) throw new CheckpointException(file, $"tensor '{Shown.Name(key)}' has scales of integers that are not there. The file is incomplete; get it again.");
                continue;
            }
            var name = key.StartsWith(Eight, StringComparison.Ordinal) ? key[Eight.Length..] : key.StartsWith(Four, StringComparison.Ordinal) ? key[Four.Length..] : null;
            if (!joined.TryAdd(name ?? key, name is null ? entry : Of(file, name, entry, stored.GetValueOrDefault(ScalesOf + name))))
                throw new CheckpointException(file, $"tensor '{Shown.Name(name ?? key)}' is there as numbers and as integers. Keep one of them.");
        }
        return joined;
    }

    private static TensorEntry Of(string file, string name, TensorEntry integers, TensorEntry? scales)
    {
        var four = integers.Name.StartsWith(Four, StringComparison.Ordinal);
        var typed = four ? integers is { Type: TensorType.UInt8, Shape.Length: 2 } : integers is { Type: TensorType.Int8, Shape.Length: > 0 };
        if (!typed || integers.Shape[0] == 0 || integers.Count == 0 || scales is not { Type: TensorType.Float16 or TensorType.Float32, Shape: [var rows, > 0 and var groups] } || rows != integers.Shape[0]
            || new RowIntegers(integers, scales).Columns % groups != 0)
            throw new CheckpointException(file, $"tensor '{Shown.Name(integers.Name)}' is {integers.Type} [{string.Join(", ", integers.Shape)}] with scales {(scales is null ? "missing" : $"{scales.Type} [{string.Join(", ", scales.Shape)}]")}; "
                + $"{(four ? "UInt8 [rows, columns / 2]" : "Int8 [rows, ...]")} with '{Shown.Name(ScalesOf + name)}' Float16 or Float32 [rows, groups], groups of equal size, was expected. The file is damaged; get it again.");
        var of = new RowIntegers(integers, scales);
        long[] shape = four ? [rows, of.Columns] : integers.Shape;
        ReadOnlyMemory<byte> Some(long from, int length)
        {
            var values = new byte[length];
            of.Fill(from / sizeof(float), values);
            return values;
        }
        var bytes = shape.Aggregate((long)sizeof(float), (a, b) => a * b);
        return TensorEntry.Computed(name, TensorType.Float32, shape, () => Some(0, checked((int)bytes))) with { ReadPart = Some, Integers = of };
    }

    /// <summary>Elements from <paramref name="first"/> on, as many as fit, float32.</summary>
    private void Fill(long first, Memory<byte> to)
    {
        var count = to.Length / sizeof(float);
        InParallel.For((count + Piece - 1) / Piece, p => Fill(first + ((long)p * Piece), MemoryMarshal.Cast<byte, float>(to.Span).Slice(p * Piece, Math.Min(Piece, count - (p * Piece)))));
    }

    private void Fill(long first, Span<float> to)
    {
        var (columns, group) = (Columns, Columns / Groups);
        Span<float> scale = stackalloc float[1];
        for (var at = 0; at < to.Length;)
        {
            var (row, column) = ((first + at) / columns, (first + at) % columns);
            var n = (int)Math.Min(group - (column % group), to.Length - at);
            Scales.ToFloat32((row * Groups) + (column / group), scale);
            var some = to.Slice(at, n);
            if (IsFour)
            {
                var half = (int)(columns / 2);
                var bytes = Integers.Bytes(row * half, half).Span;
                for (var i = 0; i < n; i++)
                {
                    var c = (int)column + i;
                    some[i] = ((c < half ? bytes[c] & 15 : bytes[c - half] >> 4) - Zero4) * scale[0];
                }
            }
            else
            {
                Integers.ToFloat32((row * columns) + column, some);
                TensorPrimitives.Multiply(some, scale[0], some);
            }
            at += n;
        }
    }

    /// <summary>Numbers as integers, a scale a row; or, in half bytes, a scale for each <see cref="Group4"/> columns: what <see cref="Safetensors.Write"/> takes.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="values">Its elements.</param>
    /// <param name="shape">Its shape; for half bytes [rows, columns], columns a multiple of 64.</param>
    /// <param name="four">Half bytes.</param>
    public static IEnumerable<(string Name, TensorType Type, long[] Shape, ReadOnlyMemory<byte> Data)> Stored(string name, float[] values, long[] shape, bool four)
    {
        var (rows, columns) = ((int)shape[0], values.Length / (int)shape[0]);
        var group = four ? Group4 : columns;
        var (scales, integers) = (new Half[values.Length / group], new sbyte[values.Length]);
        for (var g = 0; g < scales.Length; g++) scales[g] = Round(values.AsSpan(g * group, group), four ? Largest4 : Largest8, integers.AsSpan(g * group, group));
        var bytes = MemoryMarshal.AsBytes(integers.AsSpan()).ToArray();
        if (four)
        {
            bytes = new byte[values.Length / 2];
            for (var r = 0; r < rows; r++)
                for (var c = 0; c < columns / 2; c++) bytes[(r * columns / 2) + c] = (byte)((integers[(r * columns) + c] + Zero4) | ((integers[(r * columns) + c + (columns / 2)] + Zero4) << 4));
        }
        yield return ((four ? Four : Eight) + name, four ? TensorType.UInt8 : TensorType.Int8, four ? [rows, columns / 2] : shape, bytes);
        yield return (ScalesOf + name, TensorType.Float16, [rows, scales.Length / rows], MemoryMarshal.AsBytes(scales.AsSpan()).ToArray());
    }

    /// <summary>Rounds to integers of a scale, of a few near the one that the largest number suggests the one that errs least.</summary>
    private static Half Round(ReadOnlySpan<float> x, int largest, Span<sbyte> to)
    {
        var most = Math.Abs(TensorPrimitives.MaxMagnitude(x));
        var (best, least) = ((Half)0, double.PositiveInfinity);
        for (var i = 0; i < (largest == Largest4 ? 8 : 1) && most > 0; i++)
        {
            var (scale, error) = ((Half)(most / largest * (1 - (0.05f * i))), 0.0);
            foreach (var v in x) error += Math.Pow(v - ((float)scale * Nearest(v, (float)scale, largest)), 2);
            if (error < least) (best, least) = (scale, error);
        }
        for (var i = 0; i < x.Length; i++) to[i] = (sbyte)Nearest(x[i], (float)best, largest);
        return best;
    }

    private static float Nearest(float v, float scale, int largest) => scale == 0 ? 0 : Math.Clamp(MathF.Round(v / scale), -largest, largest);
}
