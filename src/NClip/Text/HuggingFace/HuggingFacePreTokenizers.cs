using System.Globalization;
using System.Text;
using NClip.Text.Bpe;
using NClip.Text.Cleaning;

namespace NClip.Text.HuggingFace;

/// <summary>Cuts a piece of a normalized text further, piece by piece as they are asked for. The first piece of a text is told so.</summary>
internal delegate IEnumerable<string> PreTokenizer(string piece, bool isFirst);

/// <summary>The "pre_tokenizer" of a tokenizer.json: text to words. (huggingface/tokenizers, pre_tokenizers/)</summary>
internal static class HuggingFacePreTokenizers
{
    private const string Known = "Sequence, ByteLevel, Split, Metaspace, BertPreTokenizer, Whitespace, WhitespaceSplit, Punctuation, Digits";

    /// <summary>CLIP's expression without its specials. (transformers, convert_slow_tokenizer.py)</summary>
    public const string ClipExpression = @"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

    /// <exception cref="TokenizerException">A kind, or an expression, that NClip does not know.</exception>
    public static PreTokenizer Read(TokenizerJson? json)
    {
        if (json is not { } preTokenizer)
            return static (piece, _) => [piece];
        var type = preTokenizer.Need("type");
        return type.Text() switch
        {
            "Sequence" => Sequence([.. preTokenizer.Need("pretokenizers").Items().Select(step => Read(step))]),
            "ByteLevel" => ByteLevel(preTokenizer.Flag("add_prefix_space", true), preTokenizer.Flag("use_regex", true)),
            "Split" => Split(preTokenizer),
            "Metaspace" => Metaspace(preTokenizer),
            "BertPreTokenizer" => static (piece, _) => Runs(piece, rune => IsSpace(rune) ? Run.Dropped : BertCleaner.IsPunctuation(rune) ? Run.Alone : Run.Word),
            "Whitespace" => static (piece, _) => Runs(piece, rune => IsSpace(rune) ? Run.Dropped : IsWord(rune) ? Run.Word : Run.Other),
            "WhitespaceSplit" => static (piece, _) => Runs(piece, rune => IsSpace(rune) ? Run.Dropped : Run.Word),
            "Punctuation" when preTokenizer.Text("behavior") is null or "Isolated" => static (piece, _) => Runs(piece, rune => BertCleaner.IsPunctuation(rune) ? Run.Alone : Run.Word),
            "Digits" => Digits(preTokenizer.Flag("individual_digits", false) ? Run.Alone : Run.Other),
            var other => throw type.Unsupported($"'{other}'", Known),
        };
    }

    /// <summary>True where a pre-tokenizer turns text into byte symbols, which decides what the BPE model behind it works on.</summary>
    public static bool IsByteLevel(TokenizerJson? json) => json is { } preTokenizer && preTokenizer.Need("type").Text() switch
    {
        "ByteLevel" => true,
        "Sequence" => preTokenizer.Need("pretokenizers").Items().Any(step => IsByteLevel(step)),
        _ => false,
    };

    private static PreTokenizer Sequence(PreTokenizer[] steps) => (piece, isFirst) =>
    {
        IEnumerable<string> pieces = [piece];
        foreach (var step in steps)
            pieces = pieces.SelectMany((p, i) => step(p, isFirst && i == 0));
        return pieces;
    };

    /// <summary>The bytes themselves are the model's business.</summary>
    private static PreTokenizer ByteLevel(bool prefixSpace, bool cut) => (piece, _) =>
    {
        if (prefixSpace && !piece.StartsWith(' '))
            piece = " " + piece;
        return cut ? Cut(piece, static (text, at) => Gpt2Words.End(text, at)) : [piece];
    };

    private static PreTokenizer Split(TokenizerJson json)
    {
        var pattern = json.Need("pattern");
        var behavior = json.Need("behavior");
        var invert = json.Flag("invert", false);
        if (pattern.Text("Regex") is { } expression)
        {
            return expression == ClipExpression && (behavior.Text(), invert) is ("Removed", true) or ("Isolated", false)
                ? static (piece, _) => ClipWords(piece)
                : throw pattern.Unsupported($"the expression '{expression}'", "CLIP's expression as transformers writes it");
        }
        if (pattern.Text("String") is not { Length: > 0 } literal || invert)
            throw pattern.Unsupported("not a plain string", "a 'String' that is not inverted");
        return behavior.Text() switch
        {
            "Removed" => (piece, _) => piece.Split(literal, StringSplitOptions.RemoveEmptyEntries),
            "Isolated" => (piece, _) => AtLiteral(piece, literal, before: true, behind: true),
            "MergedWithPrevious" => (piece, _) => AtLiteral(piece, literal, before: false, behind: true),
            "MergedWithNext" => (piece, _) => AtLiteral(piece, literal, before: true, behind: false),
            var other => throw behavior.Unsupported($"'{other}'", "Removed, Isolated, MergedWithPrevious, MergedWithNext"),
        };
    }

    private static PreTokenizer Metaspace(TokenizerJson json)
    {
        var mark = json.Text("replacement") ?? "\u2581";
        if (mark.Length != 1)
            throw json.Unsupported($"marked by '{mark}'", "marks of one character");
        var scheme = json.Get("prepend_scheme");
        var prepend = scheme?.Text() ?? (json.Flag("add_prefix_space", true) ? "always" : "never");
        if (prepend is not ("always" or "first" or "never"))
            throw scheme!.Value.Unsupported($"'{prepend}'", "always, first, never");
        var split = json.Flag("split", true);
        return (piece, isFirst) =>
        {
            piece = piece.Replace(' ', mark[0]);
            if (piece.Length > 0 && !piece.StartsWith(mark[0]) && (prepend == "always" || prepend == "first" && isFirst))
                piece = mark + piece;
            return split ? AtLiteral(piece, mark, before: true, behind: false) : [piece];
        };
    }

    private static PreTokenizer Digits(Run run) => (piece, _) => Runs(piece, rune =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber ? run : Run.Word);

    private static IEnumerable<string> ClipWords(string piece)
    {
        for (var i = 0; i < piece.Length;)
        {
            var kind = CharacterKinds.At(piece, i, out var length);
            var end = Gpt2Words.Contraction(piece.AsSpan(i)) is > 0 and var contraction ? i + contraction
                : kind is CharacterKind.Number or CharacterKind.Space ? i + length
                : CharacterKinds.RunEnd(piece, i, kind);
            if (kind != CharacterKind.Space)
                yield return piece[i..end];
            i = end;
        }
    }

    private static IEnumerable<string> Cut(string text, Func<string, int, int> end)
    {
        for (var i = 0; i < text.Length;)
        {
            var next = end(text, i);
            yield return text[i..next];
            i = next;
        }
    }

    /// <summary>Cuts before and/or behind every occurrence of a literal.</summary>
    private static IEnumerable<string> AtLiteral(string text, string literal, bool before, bool behind)
    {
        var start = 0;
        for (var at = text.IndexOf(literal, StringComparison.Ordinal); at >= 0; at = text.IndexOf(literal, at + literal.Length, StringComparison.Ordinal))
        {
            if (before && at > start)
                yield return text[start..(start = at)];
            if (behind)
                yield return text[start..(start = at + literal.Length)];
        }
        if (start < text.Length)
            yield return text[start..];
    }

    /// <summary>What a character does to the piece it is in.</summary>
    private enum Run
    {
        Word,
        Other,
        Alone,
        Dropped,
    }

    /// <summary>Cuts where the kind changes; characters that stand alone are a piece each, dropped ones none.</summary>
    private static IEnumerable<string> Runs(string text, Func<Rune, Run> kindOf)
    {
        int start = 0, at = 0;
        var open = Run.Dropped;
        foreach (var rune in text.EnumerateRunes())
        {
            var kind = kindOf(rune);
            if (kind != open || kind == Run.Alone)
            {
                if (open != Run.Dropped)
                    yield return text[start..at];
                (start, open) = (at, kind);
            }
            at += rune.Utf16SequenceLength;
        }
        if (open != Run.Dropped && at > start)
            yield return text[start..at];
    }

    private static bool IsSpace(Rune rune) => WhiteSpace.IsUnicode(rune.Value);

    /// <summary><c>\w</c>: letters, marks, decimal digits and letter numbers, connectors.</summary>
    private static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation;
}
