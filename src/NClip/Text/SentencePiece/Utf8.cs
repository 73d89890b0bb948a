using System.Diagnostics.CodeAnalysis;

namespace NClip.Text.SentencePiece;

/// <summary>UTF-8 as SentencePiece sees it: pieces are bytes, characters are counted by their first byte.</summary>
internal static class Utf8
{
    /// <summary>Bytes of the character that begins with <paramref name="first"/>, at most <paramref name="left"/>.</summary>
    public static int Length(byte first, int left) => Math.Min(left, first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4);

    /// <summary>Lets a dictionary of byte strings be asked with a span.</summary>
    public sealed class Comparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
