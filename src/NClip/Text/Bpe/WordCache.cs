using System.Buffers.Binary;

namespace NClip.Text.Bpe;

/// <summary>A word of at most 15 bytes of UTF-8 as two numbers: the bytes in order, its length in the last one.</summary>
internal readonly record struct WordKey(ulong Low, ulong High)
{
    /// <summary>Bytes that fit.</summary>
    public const int MaxLength = 15;

    public static WordKey Of(ReadOnlySpan<byte> word)
    {
        Span<byte> padded = stackalloc byte[16];
        padded.Clear();
        word.CopyTo(padded);
        padded[MaxLength] = (byte)word.Length;
        return new WordKey(BinaryPrimitives.ReadUInt64LittleEndian(padded), BinaryPrimitives.ReadUInt64LittleEndian(padded[8..]));
    }

    /// <summary>Writes the word into 16 bytes and gives its length.</summary>
    public int CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination, Low);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[8..], High);
        return destination[MaxLength];
    }
}

/// <summary>
/// The ids of words met before. It has a fixed number of places and two for each word; a third word takes the first one's.
/// So it never grows beyond a few megabytes and follows the texts. Threads share it without locks: entries are immutable, and a
/// lost race costs one encoding.
/// </summary>
internal sealed class WordCache
{
    private const int Bits = 15;

    private readonly Entry?[] _entries = new Entry?[1 << Bits];

    /// <summary>The ids of a word, or null where it is not known.</summary>
    public Entry? Find(WordKey key)
    {
        var at = Place(key);
        var entry = Volatile.Read(ref _entries[at]);
        if (entry is not null && entry.Key == key) return entry;
        entry = Volatile.Read(ref _entries[at ^ 1]);
        return entry is not null && entry.Key == key ? entry : null;
    }

    public void Add(WordKey key, ReadOnlySpan<int> ids)
    {
        var at = Place(key);
        if (_entries[at] is not null && _entries[at ^ 1] is null) at ^= 1;
        Volatile.Write(ref _entries[at], new Entry(key, ids));
    }

    private static int Place(WordKey key) => (int)((((key.Low * 0x9E3779B97F4A7C15) ^ key.High) * 0xD6E8FEB86659FD93) >> (64 - Bits));

    internal sealed class Entry(WordKey key, ReadOnlySpan<int> ids)
    {
        private readonly int _only = ids.Length == 1 ? ids[0] : -1;
        private readonly int[]? _ids = ids.Length == 1 ? null : ids.ToArray();

        public WordKey Key { get; } = key;

        public void AppendTo(List<int> ids)
        {
            if (_ids is null) ids.Add(_only);
            else ids.AddRange(_ids.AsSpan());
        }
    }
}
