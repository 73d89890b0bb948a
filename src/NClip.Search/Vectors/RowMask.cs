using System.Numerics;
using System.Runtime.InteropServices;

namespace NClip.Search.Vectors;

/// <summary>Which rows of a segment are meant: a bit each.</summary>
internal sealed class RowMask
{
    private readonly ulong[] _bits;

    private RowMask(ulong[] bits) => _bits = bits;

    /// <summary>None of <paramref name="rows"/> rows.</summary>
    public static RowMask None(int rows) => new(new ulong[(rows + 63) / 64]);

    /// <summary>All of <paramref name="rows"/> rows that a bitmap of dead ones (null: there are none) does not name.</summary>
    public static RowMask Living(int rows, ReadOnlySpan<byte> dead)
    {
        var mask = None(rows);
        mask._bits.AsSpan().Fill(ulong.MaxValue);
        if (rows % 64 != 0) mask._bits[^1] = (1UL << (rows % 64)) - 1;
        var bytes = MemoryMarshal.AsBytes(mask._bits.AsSpan());
        for (var i = 0; i < Math.Min(bytes.Length, dead.Length); i++) bytes[i] &= (byte)~dead[i];
        return mask;
    }

    /// <summary>How many are meant.</summary>
    public int Count => _bits.Sum(BitOperations.PopCount);

    /// <summary>Whether a row is.</summary>
    public bool this[int row] => (_bits[row / 64] >> (row % 64) & 1) != 0;

    /// <summary>Whether none of some rows that lie side by side is meant. The first is a multiple of 64.</summary>
    public bool IsEmpty(int first, int count) => !_bits.AsSpan(first / 64, (count + 63) / 64).ContainsAnyExcept(0UL);

    /// <summary>Means a row.</summary>
    public void Add(int row) => _bits[row / 64] |= 1UL << (row % 64);

    /// <summary>Only those that both mean.</summary>
    public RowMask And(RowMask other) => new([.. _bits.Select((b, i) => b & other._bits[i])]);
}
