namespace NClip.Text;

/// <summary>The beginning of a text, for an error message: a file or a user may have put a megabyte there.</summary>
internal static class Excerpt
{
    private const int Length = 60;

    /// <summary>The text itself where it is short, else its first characters and three dots.</summary>
    public static string Of(string text) => text.Length <= Length ? text : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[Length - 1]) ? Length - 1 : Length), "...");
}
