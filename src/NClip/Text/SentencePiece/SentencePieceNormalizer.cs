using System.Buffers;
using System.Text;
using NClip.Text.Cleaning;

namespace NClip.Text.SentencePiece;

/// <summary>SentencePiece's normalization: the model's rewriting rules, white space, U+2581 for blanks. (google/sentencepiece normalizer.cc)</summary>
internal sealed class SentencePieceNormalizer
{
    private readonly Charsmap? _charsmap;
    private readonly ByteTrie? _userDefined;
    private readonly bool _dummyPrefix;
    private readonly bool _removeExtra;
    private readonly byte[] _blank;
    private readonly string? _file;

    /// <param name="model">Whose rules.</param>
    /// <param name="userDefined">Symbols that no rule touches, or null.</param>
    /// <param name="dummyPrefix">Whether a blank goes in front; null = as the model says.</param>
    public SentencePieceNormalizer(SentencePieceModel model, ByteTrie? userDefined, bool? dummyPrefix = null)
    {
        _charsmap = model.Charsmap;
        _file = model.File;
        _userDefined = userDefined;
        _dummyPrefix = dummyPrefix ?? model.AddDummyPrefix;
        _removeExtra = model.RemoveExtraWhitespace;
        _blank = model.EscapeWhitespace ? "\u2581"u8.ToArray() : [(byte)' '];
    }

    public byte[] Normalize(string text)
    {
        ReadOnlySpan<byte> left = Encoding.UTF8.GetBytes(text);
        var result = new ArrayBufferWriter<byte>(left.Length + 16);

        while (_removeExtra && !left.IsEmpty)
        {
            var piece = Next(left, out var length);
            if (!piece.SequenceEqual(" "u8))
                break;
            left = left[length..];
        }
        if (left.IsEmpty)
            return [];
        if (_dummyPrefix)
            result.Write(_blank);

        var afterBlank = _removeExtra;
        while (!left.IsEmpty)
        {
            var piece = Next(left, out var length);
            left = left[length..];
            if (afterBlank)
                piece = piece.TrimStart((byte)' ');
            if (!piece.IsEmpty)
            {
                NormalizedLength.Check(result.WrittenCount + (long)piece.Length, _file);
                foreach (var b in piece)
                {
                    if (b == ' ')
                        result.Write(_blank);
                    else
                        result.Write([b]);
                }
                afterBlank = piece[^1] == ' ';
            }
            afterBlank &= _removeExtra;
        }

        var written = result.WrittenSpan;
        while (_removeExtra && written.EndsWith(_blank))
            written = written[..^_blank.Length];
        return written.ToArray();
    }

    /// <summary>What the beginning of the text becomes, and how many of its bytes that takes: a symbol, a rule's left side, or a character.</summary>
    private ReadOnlySpan<byte> Next(ReadOnlySpan<byte> text, out int length)
    {
        length = _userDefined?.LongestPrefix(text) ?? 0;
        if (length > 0)
            return text[..length];
        if (_charsmap is not null && _charsmap.TryMatch(text, out var replacement, out length))
            return replacement;
        length = Utf8.Length(text[0], text.Length);
        return text[..length];
    }
}
