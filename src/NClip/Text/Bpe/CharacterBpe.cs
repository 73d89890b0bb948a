using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace NClip.Text.Bpe;

/// <summary>Byte-pair encoding that starts from characters, as Gemma's in tokenizer.json: what has no token becomes its bytes, else the unknown token.</summary>
internal sealed class CharacterBpe
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids;
    private readonly BpeMerges _merges;
    private readonly int[]? _bytes;
    private readonly int? _unknownId;
    private readonly bool _fuseUnknown;

    /// <param name="ids">Id of each token.</param>
    /// <param name="merges">The merges.</param>
    /// <param name="byteFallback">Whether <c>&lt;0xNN&gt;</c> tokens stand for the bytes of unknown characters.</param>
    /// <param name="unknownId">Id of the unknown token; null = unknown characters are left out.</param>
    /// <param name="fuseUnknown">A run of unknown characters is one token.</param>
    public CharacterBpe(Dictionary<string, int> ids, BpeMerges merges, bool byteFallback, int? unknownId, bool fuseUnknown)
    {
        _ids = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _merges = merges;
        _unknownId = unknownId;
        _fuseUnknown = fuseUnknown;
        if (byteFallback)
            _bytes = ByteFallback.Ids(name => ids.TryGetValue(name, out var id) ? id : null);
    }

    /// <summary>Appends the ids of one word.</summary>
    public void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        var symbols = new List<int>(word.Length);
        Span<byte> utf8 = stackalloc byte[4];
        var afterUnknown = false;
        for (var i = 0; i < word.Length;)
        {
            _ = Rune.DecodeFromUtf16(word[i..], out var rune, out var length);
            var unknown = !_ids.TryGetValue(word.Slice(i, length), out var id);
            if (!unknown)
            {
                symbols.Add(id);
            }
            else if (_bytes is not null)
            {
                foreach (var b in utf8[..rune.EncodeToUtf8(utf8)])
                    symbols.Add(_bytes[b]);
                unknown = false;
            }
            else if (_unknownId is { } unknownId && !(afterUnknown && _fuseUnknown))
            {
                symbols.Add(unknownId);
            }
            afterUnknown = unknown;
            i += length;
        }
        var merged = CollectionsMarshal.AsSpan(symbols);
        ids.AddRange(merged[.._merges.Apply(merged)]);
    }
}

/// <summary>The tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c> that stand for single bytes.</summary>
internal static class ByteFallback
{
    /// <summary>Ids by byte, or null where the vocabulary has not all 256.</summary>
    public static int[]? Ids(Func<string, int?> idOf)
    {
        var ids = new int[256];
        for (var b = 0; b < 256; b++)
        {
            if (idOf(string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>")) is not { } id)
                return null;
            ids[b] = id;
        }
        return ids;
    }
}
