using NClip.Cli.Output;
using Xunit;

namespace NClip.Tests.Cli.Output;

/// <summary>Tables on a screen of 40 columns. Paths stand on lines of their own, unbroken.</summary>
public sealed class NarrowTests
{
    private static readonly string _tiny = Reference.Path("model_tiny/a_openai_vit");

    [Fact]
    public Task Bars_give_way_to_labels() => Fits("classify", Call.Sample("chelsea.png"), "--labels", "cat,a very long label of many words,猫猫猫猫猫猫", "--none", "--model", Call.Model);

    [Fact]
    public async Task Many_texts_stand_below_each_other()
    {
        var r = await Fits("similarity", Call.Sample("chelsea.png"), "--text", "a cat", "a dog", "a cup of coffee", "a rocket", "a banana", "--model", Call.Model);
        foreach (var text in (string[])["a cat", "a cup of coffee", "a banana"]) Assert.Contains(text, r.Output);
    }

    [Fact]
    public Task Doctor_fits() => Fits("doctor");

    [Fact]
    public Task Info_fits() => Fits("model", "info", Call.Model);

    [Fact]
    public Task Verify_fits() => Fits("model", "verify", "--model", Path.Combine(_tiny, "model_f32.safetensors"), "--against", Path.Combine(_tiny, "expected.safetensors"));

    [Fact]
    public Task Tokens_fit() => Fits("tokenize", "a photo");

    [Fact]
    public void A_bar_has_the_width_that_it_is_given() => Assert.Equal(("████    ", 24), (Bar.Of(0.5f, 8), Bar.Of(0.3f).Length));

    private static async Task<Call> Fits(params string[] call)
    {
        var r = await Call.Run(call, columns: 40);
        Assert.Equal((0, ""), (r.Code, r.Error));
        Assert.All(r.Output.Split('\n').Select(l => l.TrimEnd()).Where(l => !File.Exists(l)), l => Assert.True(Columns(l) <= 40, $"{Columns(l)} columns: {l}"));
        return r;
    }

    // Chinese characters take two.
    private static int Columns(string line) => line.Sum(c => c is >= '\u2e80' and < '\ufb00' ? 2 : 1);
}
