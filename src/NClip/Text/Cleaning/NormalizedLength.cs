namespace NClip.Text.Cleaning;

/// <summary>How long a tokenizer's rules may make a text: a file can hold rules that double it forty times.</summary>
internal static class NormalizedLength
{
    private const long Most = 1 << 26;

    /// <exception cref="TokenizerException">The text has become too long.</exception>
    public static void Check(long length, string? file)
    {
        if (length > Most) Refuse(file); // apart, so that the question itself costs nothing
    }

    private static void Refuse(string? file) =>
        throw new TokenizerException($"its rules make more than {Most} characters of one text. Check that this is the tokenizer's file, or shorten the text.", file);
}
