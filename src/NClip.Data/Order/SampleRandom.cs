using System.Buffers.Binary;
using System.Text;

namespace NClip.Data;

/// <summary>A small generator (SplitMix64: Steele, Lea, Flood 2014) whose numbers are the same on every machine and in every version of .NET, seeded by whatever a choice depends on.</summary>
public sealed class SampleRandom
{
    private ulong _state;

    private SampleRandom(ulong state) => _state = state;

    /// <summary>A generator for one purpose.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="purpose">What is chosen: another purpose gives other numbers.</param>
    /// <param name="key">What it is chosen for, such as a sample's key.</param>
    /// <param name="number">Number among equals, such as the epoch.</param>
    public static SampleRandom Of(ulong seed, string purpose, string key = "", long number = 0)
    {
        ArgumentNullException.ThrowIfNull(purpose);
        ArgumentNullException.ThrowIfNull(key);
        Span<byte> numbers = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(numbers, seed);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[8..], number);
        return new SampleRandom(Hash(Encoding.UTF8.GetBytes(key), Hash(Encoding.UTF8.GetBytes(purpose), Hash(numbers, 0xCBF29CE484222325))));
    }

    /// <summary>64 bits.</summary>
    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>0 (included) .. 1 (excluded), in steps of 2^-53.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary><paramref name="low"/> .. <paramref name="high"/>.</summary>
    public double Between(double low, double high) => low + ((high - low) * NextDouble());

    /// <summary>0 .. <paramref name="count"/> - 1; their chances differ by less than count / 2^64.</summary>
    public int Below(int count) => (int)Math.BigMul(Next(), (ulong)count, out _);

    /// <summary>Brings values into one of their orders, each equally likely (Fisher and Yates).</summary>
    public void Shuffle(Span<int> values)
    {
        for (var i = values.Length - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (values[i], values[j]) = (values[j], values[i]);
        }
    }

    /// <summary>0 .. <paramref name="count"/> - 1 in a random order.</summary>
    internal int[] Permutation(int count)
    {
        var r = Enumerable.Range(0, count).ToArray();
        Shuffle(r);
        return r;
    }

    /// <summary>FNV-1a of 64 bits.</summary>
    internal static ulong Hash(ReadOnlySpan<byte> bytes, ulong hash)
    {
        foreach (var b in bytes) hash = (hash ^ b) * 0x100000001B3;
        return (hash ^ 0xFF) * 0x100000001B3;    // so that "ab", "c" and "a", "bc" differ
    }
}
