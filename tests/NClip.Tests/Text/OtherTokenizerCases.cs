using System.Text.Json;

namespace NClip.Tests.Text;

/// <summary>Rows of the reference files of the tokenizers beside CLIP's own.</summary>
internal static class OtherTokenizerCases
{
    public static IEnumerable<JsonElement> Rows(string file) => File.ReadLines(Reference.Path("tokenizer_other/" + file)).Select(line => JsonDocument.Parse(line).RootElement);

    public static string Text(this JsonElement row) => row.GetProperty("text").GetString()!;

    /// <summary>The ids of the first key that the row has: an absent key equals the one named after it.</summary>
    public static int[] Ids(this JsonElement row, params string[] keys)
    {
        var key = keys.First(k => row.TryGetProperty(k, out _));
        return [.. row.GetProperty(key).EnumerateArray().Select(id => id.GetInt32())];
    }

    /// <summary>A full row of the text tower: specials and ids, then the padding that the file counts apart.</summary>
    public static long[] Context(this JsonElement row, int pad, params string[] keys)
    {
        var context = row.GetProperty(keys.First(k => row.TryGetProperty(k, out _)));
        return [.. context.GetProperty("ids").EnumerateArray().Select(id => id.GetInt64()), .. Enumerable.Repeat((long)pad, context.GetProperty("pads").GetInt32())];
    }
}
