using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using NClip.Foundation;

namespace NClip.Checkpoints;

/// <summary>
/// A hash of bytes that is quick enough for every start: four CRC-32C, which processors have an instruction for, over each piece, and SHA-256 over these.
/// A change within 32 neighbouring bits, a flipped bit or another float32, is always seen; any other is missed once in 2^32 at most. It tells accidents, not attackers.
/// </summary>
internal static class ContentHash
{
    /// <summary>Bytes of the hash.</summary>
    public const int Size = 16;

    // One thread reads and hashes a piece while it is in the processor's cache.
    private const int Piece = 1 << 20;

    /// <summary>The hash of the first <paramref name="length"/> bytes. They are read, not mapped, so that the process does not grow by them.</summary>
    public static byte[] Of(ByteSource source, long length, CancellationToken cancellation)
    {
        var pieces = checked((int)((length + Piece - 1) / Piece));
        var digests = new byte[pieces * Size];
        InParallel.For(pieces, () => new byte[Math.Min(Piece, length)], (i, buffer) =>
        {
            var from = (long)i * Piece;
            var bytes = buffer.AsSpan(0, (int)Math.Min(Piece, length - from));
            source.Read(from, bytes);
            Digest(bytes, digests.AsSpan(i * Size, Size));
        }, cancellation);
        return Whole(digests, length);
    }

    private static byte[] Whole(ReadOnlySpan<byte> digests, long length)
    {
        Span<byte> counted = new byte[digests.Length + sizeof(long)];
        digests.CopyTo(counted);
        BinaryPrimitives.WriteInt64LittleEndian(counted[digests.Length..], length);
        return SHA256.HashData(counted)[..Size];
    }

    /// <summary>Each of four chains takes every fourth 8 bytes, because one alone would wait for its own last step; the first also takes the rest. Compiled at once: in a short run the quick code would come too late.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Digest(ReadOnlySpan<byte> piece, Span<byte> to)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(piece);
        var (a, b, c, d, i) = (uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, 0);
        for (; i <= words.Length - 4; i += 4)
        {
            a = BitOperations.Crc32C(a, words[i]);
            b = BitOperations.Crc32C(b, words[i + 1]);
            c = BitOperations.Crc32C(c, words[i + 2]);
            d = BitOperations.Crc32C(d, words[i + 3]);
        }
        foreach (var rest in piece[(i * sizeof(ulong))..]) a = BitOperations.Crc32C(a, rest);
        BinaryPrimitives.WriteUInt32LittleEndian(to, a);
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], b);
        BinaryPrimitives.WriteUInt32LittleEndian(to[8..], c);
        BinaryPrimitives.WriteUInt32LittleEndian(to[12..], d);
    }

    /// <summary>Passes bytes on to <paramref name="to"/> and hashes them on the way.</summary>
    internal sealed class Writer(Stream to) : Stream
    {
        private readonly byte[] _piece = new byte[Piece];
        private readonly List<byte> _digests = [];
        private long _written;

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => _written;
        public override long Position { get => _written; set => throw new NotSupportedException(); }

        private int Filled => (int)(_written % Piece);

        /// <summary>The hash of what was written so far, the one that <see cref="Of"/> gives.</summary>
        public byte[] Hash() => Whole([.. _digests, .. Filled > 0 ? DigestOf(Filled) : []], _written);

        public override void Write(ReadOnlySpan<byte> bytes)
        {
            to.Write(bytes);
            while (bytes.Length > 0)
            {
                var part = bytes[..Math.Min(bytes.Length, Piece - Filled)];
                part.CopyTo(_piece.AsSpan(Filled));
                _written += part.Length;
                if (Filled == 0) _digests.AddRange(DigestOf(Piece));
                bytes = bytes[part.Length..];
            }
        }

        private byte[] DigestOf(int length)
        {
            var digest = new byte[Size];
            Digest(_piece.AsSpan(0, length), digest);
            return digest;
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
        public override void Flush() => to.Flush();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
