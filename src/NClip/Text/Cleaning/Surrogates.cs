using System.Text;

namespace NClip.Text.Cleaning;

/// <summary>Halves of surrogate pairs that stand alone, which .NET's strings can hold and no text encoding can.</summary>
internal static class Surrogates
{
    /// <summary>The text with U+FFFD for each: what UTF-8 makes of them, and every tokenizer here.</summary>
    public static string Mend(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')) return text;
        var r = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes()) r.Append(rune); // a lone one is enumerated as U+FFFD
        return r.ToString();
    }
}
