using System.Buffers;
using NClip.Text.Cleaning;

namespace NClip.Text.Bpe;

/// <summary>
/// The reference's regular expression, alternative by alternative, on code points: specials, contractions, letters, one number, anything
/// else but white space. Each piece goes to BPE.
/// </summary>
internal sealed class ClipWords
{
    // Blanks, and printable ASCII without what begins an entity or a special token.
    private static readonly SearchValues<char> _plain = SearchValues.Create("\t\n !\"#$%'()*+,-./0123456789:;=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    private readonly ByteLevelBpe _bpe;
    private readonly (string Text, int Id)[] _specials;
    private readonly bool _caseSensitive;

    public ClipWords(ByteLevelBpe bpe, ClipTextRules rules)
    {
        (_bpe, _caseSensitive) = (bpe, rules.CaseSensitive);
        _specials = [.. from s in rules.Specials let id = bpe.Find(s.Token) where id is not null select (s.Spelling, id.Value)];
    }

    /// <summary>True for texts that <see cref="EncodePlain"/> may be given: nearly every caption.</summary>
    public static bool IsPlain(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(_plain);

    /// <summary>Appends the ids of a cleaned text.</summary>
    public void Encode(ReadOnlySpan<char> text, List<int> ids)
    {
        for (var i = 0; i < text.Length;)
        {
            var length = Special(text[i..], ids);
            if (length == 0)
            {
                length = Contraction(text[i..]);
                var kind = CharacterKind.Other;
                if (length == 0)
                {
                    kind = CharacterKinds.At(text, i, out length);
                    if (kind is CharacterKind.Letter or CharacterKind.Other) length = CharacterKinds.RunEnd(text, i + length, kind) - i;
                }
                if (kind != CharacterKind.Space) _bpe.Encode(text.Slice(i, length), ids);
            }
            i += length;
        }
    }

    /// <summary>
    /// The same for plain text that has not been cleaned, where cleaning would change its blanks and letter case at most: words are found
    /// all the same, and put into lower case where they are looked up.
    /// </summary>
    public void EncodePlain(ReadOnlySpan<char> text, bool lower, List<int> ids)
    {
        var kinds = CharacterKinds.Ascii;
        var toLower = lower ? 0x20u : 0u;
        for (var i = 0; i < text.Length;)
        {
            var kind = kinds[text[i] & 0x7F];
            if (kind == CharacterKind.Space)
            {
                i++;
                continue;
            }
            var end = i + 1;
            if (text[i] == '\'' && Contraction(text[i..]) is > 0 and var contraction) (kind, end) = (CharacterKind.Letter, i + contraction); // an apostrophe has the bit of the lower case already
            else if (kind != CharacterKind.Number)
                while (end < text.Length && kinds[text[end] & 0x7F] == kind) end++;
            EncodeAscii(text[i..end], kind == CharacterKind.Letter ? toLower : 0, ids);
            i = end;
        }
    }

    private void EncodeAscii(ReadOnlySpan<char> word, uint bits, List<int> ids)
    {
        if (word.Length > WordKey.MaxLength)
        {
            var bytes = new byte[word.Length];
            for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)(word[i] | bits);
            _bpe.Encode(bytes, ids);
            return;
        }
        ulong low = 0, high = (ulong)word.Length << 56;
        for (var i = 0; i < word.Length && i < 8; i++) low |= (ulong)(word[i] | bits) << (8 * i);
        for (var i = 8; i < word.Length; i++) high |= (ulong)(word[i] | bits) << (8 * (i - 8));
        _bpe.Encode(new WordKey(low, high), ids);
    }

    private int Special(ReadOnlySpan<char> text, List<int> ids)
    {
        if (text[0] != '<') return 0;
        foreach (var (special, id) in _specials)
        {
            if (text.StartsWith(special, StringComparison.Ordinal))
            {
                ids.Add(id);
                return special.Length;
            }
            if (_caseSensitive || text.Length < special.Length || !Same(text[..special.Length], special)) continue;
            _bpe.Encode(text[..special.Length], ids); // found by the expression, but not the special token's own spelling
            return special.Length;
        }
        return 0;
    }

    private int Contraction(ReadOnlySpan<char> text)
    {
        if (text[0] != '\'' || text.Length < 2) return 0;
        var c = Fold(text[1]);
        if (c is 's' or 't' or 'm' or 'd') return 2;
        return text.Length > 2 && (c, Fold(text[2])) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    private bool Same(ReadOnlySpan<char> text, string special)
    {
        for (var i = 0; i < special.Length; i++)
            if (Fold(text[i]) != special[i]) return false;
        return true;
    }

    // Capitals are there in texts that are not lower-cased yet, or never (open_clip's 'whitespace' cleaning); the case-insensitive
    // expression takes the long s for s.
    private char Fold(char c) => char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c == '\u017F' && !_caseSensitive ? 's' : c;
}
