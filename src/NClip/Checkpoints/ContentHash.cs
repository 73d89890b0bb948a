using System.IO.Hashing;
using NClip.Foundation;

namespace NClip.Checkpoints;

/// <summary>A hash of bytes that is quick enough for every start: XXH128 of the XXH128s of pieces, which several threads take in turns. It tells accidents apart, not attackers.</summary>
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
        var hashes = new byte[pieces * Size];
        InParallel.For(pieces, () => new byte[Math.Min(Piece, length)], (i, buffer) =>
        {
            var from = (long)i * Piece;
            var bytes = buffer.AsSpan(0, (int)Math.Min(Piece, length - from));
            source.Read(from, bytes);
            XxHash128.Hash(bytes, hashes.AsSpan(i * Size, Size));
        }, cancellation);
        return XxHash128.Hash(hashes);
    }

    /// <summary>Passes bytes on to <paramref name="to"/> and hashes them on the way.</summary>
    internal sealed class Writer(Stream to) : Stream
    {
        private readonly XxHash128 _piece = new();
        private readonly List<byte> _hashes = [];
        private long _written;

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => _written;
        public override long Position { get => _written; set => throw new NotSupportedException(); }

        /// <summary>The hash of what was written so far, the one that <see cref="Of"/> gives.</summary>
        public byte[] Hash() => XxHash128.Hash([.. _hashes, .. _written % Piece == 0 ? [] : _piece.GetCurrentHash()]);

        public override void Write(ReadOnlySpan<byte> bytes)
        {
            to.Write(bytes);
            while (bytes.Length > 0)
            {
                var part = bytes[..(int)Math.Min(bytes.Length, Piece - (_written % Piece))];
                _piece.Append(part);
                _written += part.Length;
                if (_written % Piece == 0) _hashes.AddRange(_piece.GetHashAndReset());
                bytes = bytes[part.Length..];
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
        public override void Flush() => to.Flush();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
