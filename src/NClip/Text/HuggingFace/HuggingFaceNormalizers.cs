using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using NClip.Text.Cleaning;
using NClip.Text.SentencePiece;

namespace NClip.Text.HuggingFace;

/// <summary>The "normalizer" of a tokenizer.json: text to text. (huggingface/tokenizers, normalizers/)</summary>
internal static class HuggingFaceNormalizers
{
    private const string Known = "Sequence, NFC, NFD, Lowercase, StripAccents, Strip, Replace, Prepend, Precompiled, BertNormalizer";

    /// <summary>How long a file's expression may take over one text.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    /// <exception cref="TokenizerException">A kind, or a pattern, that NClip does not know.</exception>
    public static Func<string, string> Read(TokenizerJson? json)
    {
        if (json is not { } normalizer)
            return static text => text;
        var type = normalizer.Need("type");
        switch (type.Text())
        {
            case "Sequence":
                var steps = normalizer.Need("normalizers").Items().Select(step => Read(step)).ToArray();
                return text => steps.Aggregate(text, static (t, step) => step(t));
            case "NFC":
                return UnicodeNormalization.Compose;
            case "NFD":
                return UnicodeNormalization.Decompose;
            case "Lowercase":
                return LowerCase.Characters;
            case "StripAccents":
                return WithoutMarks;
            case "Strip":
                return Strip(normalizer.Flag("strip_left", true), normalizer.Flag("strip_right", true));
            case "Replace":
                return Replace(normalizer.Need("pattern"), normalizer.Need("content").Text());
            case "Prepend":
                var prefix = normalizer.Need("prepend").Text();
                return text => text.Length == 0 ? text : prefix + text;
            case "Precompiled":
                return Precompiled(normalizer.Need("precompiled_charsmap"));
            case "BertNormalizer":
                var lower = normalizer.Flag("lowercase", true);
                return new BertCleaner(
                    BertRules.HuggingFace,
                    lower,
                    normalizer.Flag("strip_accents", lower),
                    normalizer.Flag("handle_chinese_chars", true),
                    normalizer.Flag("clean_text", true)).Clean;
            default:
                throw type.Unsupported($"'{type.Text()}'", Known);
        }
    }

    /// <summary>All marks go here, where BERT's normalizer drops the non-spacing ones alone.</summary>
    private static string WithoutMarks(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark))
                result.Append(rune);
        }
        return result.ToString();
    }

    private static Func<string, string> Strip(bool left, bool right) => text =>
    {
        int start = 0, end = text.Length;
        while (left && start < end && WhiteSpace.IsUnicode(text[start]))
            start++;
        while (right && end > start && WhiteSpace.IsUnicode(text[end - 1]))
            end--;
        return text[start..end];
    };

    private static Func<string, string> Replace(TokenizerJson pattern, string content)
    {
        if (pattern.Text("String") is { Length: > 0 } literal)
        {
            var holder = pattern.File;
            return text =>
            {
                NormalizedLength.Check(text.Length + Math.Max(0L, content.Length - literal.Length) * text.AsSpan().Count(literal.AsSpan()), holder);
                return text.Replace(literal, content, StringComparison.Ordinal);
            };
        }
        var expression = pattern.Text("Regex");
        if (string.IsNullOrEmpty(expression))
            throw pattern.Unsupported("neither a 'String' nor a 'Regex'", "these two");
        try
        {
            var regex = new Regex(expression, RegexOptions.CultureInvariant, _patience);
            var file = pattern.File;
            return text => Replace(text, regex, content, file);
        }
        catch (ArgumentException e)
        {
            throw pattern.Unsupported($"the expression '{expression}'", $"regular expressions ({Excerpt.Of(e.Message)})");
        }
    }

    // The engine that does not backtrack takes a kilobyte and ten microseconds for each blank of a run, so the ordinary one it is, by the clock.
    private static string Replace(string text, Regex regex, string content, string file)
    {
        var result = new StringBuilder(text.Length);
        var (at, start) = (0, Stopwatch.GetTimestamp());
        try
        {
            for (var match = regex.Match(text); match.Success; match = match.NextMatch())
            {
                result.Append(text, at, match.Index - at).Append(content);
                at = match.Index + match.Length;
                NormalizedLength.Check(result.Length, file);
                if (Stopwatch.GetElapsedTime(start) > _patience)
                    throw new RegexMatchTimeoutException();
            }
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new TokenizerException($"the expression '{Excerpt.Of(regex.ToString())}' is still at work on a text of {text.Length} characters after {_patience.TotalSeconds:0} seconds. Shorten the text.", file, e);
        }
        return result.Append(text, at, text.Length - at).ToString();
    }

    private static Func<string, string> Precompiled(TokenizerJson json)
    {
        byte[] bytes;
        try
        {
            bytes = Convert.FromBase64String(json.Text());
        }
        catch (FormatException e)
        {
            throw new TokenizerException($"the precompiled_charsmap is not base64 ({e.Message}) Download the file again.", json.File, e);
        }
        return Charsmap.Read(bytes, json.File).Apply;
    }
}
