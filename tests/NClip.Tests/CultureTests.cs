using System.Globalization;
using System.Text.Json;
using NClip.Images;
using NClip.Tests.Cli;
using Xunit;

namespace NClip.Tests;

/// <summary>Numbers read the same under a culture that writes 1.234,5.</summary>
public sealed class CultureTests
{
    [Fact]
    public async Task Output_and_messages_do_not_depend_on_the_culture()
    {
        var expected = await Everything(CultureInfo.InvariantCulture);
        var german = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (german.NumberFormat.NumberDecimalSeparator, german.NumberFormat.NumberGroupSeparator) = (",", ".");
        (german.NumberFormat.PercentDecimalSeparator, german.NumberFormat.PercentGroupSeparator) = (",", ".");
        var found = await Everything(german);
        Assert.Equal("0,5", 0.5.ToString(german));
        Assert.Equal(expected, found);
        Assert.Contains(expected, e => e.Contains("1,073,741,824", StringComparison.Ordinal));
        Assert.Contains(expected, e => e.Contains("megapixels", StringComparison.Ordinal));
    }

    private static async Task<List<string>> Everything(CultureInfo culture)
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = culture;
        try
        {
            var said = new List<string>();
            var photo = Call.Sample("rocket.jpg");
            string[][] commands =
            [
                ["classify", photo, "--labels", "cat,dog", "--model", Call.Model], ["classify", photo, "--labels", "cat,dog", "--none", "--json", "--model", Call.Model],
                ["similarity", "--image", photo, "--text", "a cat", "--model", Call.Model], ["similarity", "--image", photo, "--text", "a cat", "--json", "--model", Call.Model],
                ["model", "info", "--model", Call.Model], ["model", "info", "--model", Call.Model, "--json"], ["tokenize", "a cat", "--json"],
                ["model", "verify", "--model", Call.Model, "--against", Reference.Path("model_tiny/a3_openai_vit_real_vocab/expected.safetensors")],
                ["classify", photo, "--labels", "cat,dog", "--max-megapixels", "0.0015", "--model", Call.Model],
            ];
            foreach (var c in commands)
            {
                var call = await Call.Nclip(c);
                said.Add($"{call.Code} {call.Output} {call.Error}");
            }
            said.Add(new Matrix(1, 2, [0.25f, -1234.5f]).ToString());
            said.Add(JsonSerializer.Serialize(new Matrix(1, 2, [0.25f, -1234.5f])));
            said.Add(Said(() => new Matrix(50_000, 1, new float[50_000]).TimesTransposed(new Matrix(50_000, 1, new float[50_000]))));
            using var folder = new TemporaryFolder();
            using (var large = File.Create(folder["large.png"])) large.SetLength((1L << 30) + 1);
            said.Add(Said(() => RgbImage.Load(folder["large.png"])).Replace(folder.Path, "", StringComparison.Ordinal));
            said.Add(Said(() => RgbImage.Load(photo, new ImageOptions { MaxMegapixels = 0.0015 })));
            return said;
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static string Said(Action call) => Record.Exception(call)?.Message ?? throw new InvalidOperationException("nothing was refused");
}
