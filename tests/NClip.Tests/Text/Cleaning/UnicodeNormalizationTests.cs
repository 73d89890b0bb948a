using System.Text.Json;
using NClip.Text.Cleaning;
using Xunit;

namespace NClip.Tests.Text.Cleaning;

/// <summary>Truth: Python's unicodedata (Unicode 14) on every character that decomposes and on random runs of marks and Hangul.</summary>
public class UnicodeNormalizationTests
{
    [Fact]
    public void Composed_and_decomposed_forms_equal_python()
    {
        var rows = 0;
        foreach (var line in File.ReadLines(Reference.Path("text/normalization.jsonl")))
        {
            using var row = JsonDocument.Parse(line);
            var text = row.RootElement.GetProperty("text").GetString()!;
            Assert.Equal(row.RootElement.GetProperty("nfc").GetString(), UnicodeNormalization.Compose(text));
            Assert.Equal(row.RootElement.GetProperty("nfd").GetString(), UnicodeNormalization.Decompose(text));
            rows++;
        }
        Assert.Equal(283, rows);
    }

    [Fact]
    public void A_lone_surrogate_stays()
    {
        Assert.Equal("\uD800\u00E9", UnicodeNormalization.Compose("\uD800e\u0301"));
        Assert.Equal("e\u0301\uDC00", UnicodeNormalization.Decompose("\u00E9\uDC00"));
    }
}
