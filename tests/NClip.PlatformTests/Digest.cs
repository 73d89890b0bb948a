using System.Buffers.Binary;
using System.Numerics;

namespace NClip.Tests;

/// <summary>SHA-256 (FIPS 180-4) in place of .NET's, which wants the system's OpenSSL: an emulated system has none.</summary>
internal static class Digest
{
    private static readonly uint[] _primes = [.. Enumerable.Range(2, 310).Where(n => Enumerable.Range(2, n - 2).All(d => n % d != 0)).Select(n => (uint)n)];
    private static readonly uint[] _start = [.. _primes[..8].Select(p => FractionOfRoot(p, 2))];
    private static readonly uint[] _keys = [.. _primes.Select(p => FractionOfRoot(p, 3))];

    public static byte[] Sha256(ReadOnlySpan<byte> bytes)
    {
        uint[] state = [.. _start];
        var whole = bytes.Length / 64 * 64;
        for (var at = 0; at < whole; at += 64) Add(bytes.Slice(at, 64), state);
        var last = new byte[bytes.Length - whole < 56 ? 64 : 128];
        bytes[whole..].CopyTo(last);
        last[bytes.Length - whole] = 0x80;
        BinaryPrimitives.WriteInt64BigEndian(last.AsSpan(last.Length - 8), 8L * bytes.Length);
        for (var at = 0; at < last.Length; at += 64) Add(last.AsSpan(at, 64), state);
        var hash = new byte[32];
        for (var i = 0; i < 8; i++) BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(4 * i), state[i]);
        return hash;
    }

    private static void Add(ReadOnlySpan<byte> block, uint[] state)
    {
        Span<uint> w = stackalloc uint[64];
        for (var i = 0; i < 16; i++) w[i] = BinaryPrimitives.ReadUInt32BigEndian(block[(4 * i)..]);
        for (var i = 16; i < 64; i++) w[i] = w[i - 16] + Turned(w[i - 15], 7, 18, w[i - 15] >> 3) + w[i - 7] + Turned(w[i - 2], 17, 19, w[i - 2] >> 10);
        uint a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
        for (var i = 0; i < 64; i++)
        {
            var first = h + Turned(e, 6, 11, BitOperations.RotateRight(e, 25)) + ((e & f) ^ (~e & g)) + _keys[i] + w[i];
            var second = Turned(a, 2, 13, BitOperations.RotateRight(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d + first, c, b, a, first + second);
        }
        ReadOnlySpan<uint> sums = [a, b, c, d, e, f, g, h];
        for (var i = 0; i < 8; i++) state[i] += sums[i];
    }

    private static uint Turned(uint x, int first, int second, uint third) => BitOperations.RotateRight(x, first) ^ BitOperations.RotateRight(x, second) ^ third;

    /// <summary>The first 32 bits of the fraction of a root, found bit by bit: the largest r with r^degree at most n * 2^(32 * degree).</summary>
    private static uint FractionOfRoot(uint n, int degree)
    {
        var limit = (BigInteger)n << (32 * degree);
        var r = 0UL;
        for (var bit = 1UL << 37; bit != 0; bit >>= 1)
            if (BigInteger.Pow(r | bit, degree) <= limit) r |= bit;
        return (uint)r;
    }
}
