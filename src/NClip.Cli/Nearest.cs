namespace NClip.Cli;

/// <summary>What a word that was typed wrongly was meant to be.</summary>
internal static class Nearest
{
    /// <summary>The word that the fewest changes lead to; null where none is near.</summary>
    public static string? Of(string typed, IEnumerable<string> words)
        => words.Select(w => (Word: w, Changes: Changes(typed.ToLowerInvariant(), w)))
            .Where(w => w.Changes <= Math.Max(1, Math.Min(typed.Length, w.Word.Length) / 3))
            .OrderBy(w => w.Changes).Select(w => w.Word).FirstOrDefault();

    /// <summary>Letters to put in, take out, change or swap with the next (Damerau-Levenshtein, optimal string alignment).</summary>
    public static int Changes(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
            for (var j = 1; j <= b.Length; j++)
            {
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        return d[a.Length, b.Length];
    }
}
