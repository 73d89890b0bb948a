using System.Text.Json;
using NClip.ZeroShot;
using Xunit;

namespace NClip.Tests.ZeroShot;

/// <summary>Truth: the class names and templates published with openai/CLIP (reference/tokenizer/prompts.json).</summary>
public class PromptSetsTests
{
    private static readonly JsonElement _published = JsonDocument.Parse(File.ReadAllBytes(Reference.Path("tokenizer/prompts.json"))).RootElement;

    /// <summary>ImageNet's names that are published twice: NClip has the second class's own word in WordNet.</summary>
    private static readonly Dictionary<int, string> _toldApart = new() { [744] = "projectile", [836] = "sunglass" };

    [Fact]
    public void No_set_names_a_class_twice()
        => Assert.All(PromptSets.Names, name => Assert.Distinct(PromptSets.Classes(name).Select(c => c.Label)));

    [Fact]
    public void Every_published_set_is_there_under_its_name() =>
        Assert.Equal(_published.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal), PromptSets.Names);

    [Fact]
    public void Templates_and_classes_equal_the_published_ones_in_their_order()
    {
        foreach (var set in _published.EnumerateObject())
        {
            Assert.Equal(Strings(set.Value.GetProperty("templates")), PromptSets.Templates(set.Name).English);
            var owner = set.Value.TryGetProperty("classes_from", out var from) ? _published.GetProperty(from.GetString()!) : set.Value;
            var isImageNet = owner.GetProperty("classes").GetArrayLength() == 1000;
            Assert.Equal(owner.GetProperty("classes").EnumerateArray().Select((c, i) => isImageNet && _toldApart.TryGetValue(i, out var own) ? [own] : Strings(c)), PromptSets.Classes(set.Name).Select(c => c.Names));
        }
    }

    [Fact]
    public void Imagenet_has_1000_classes_and_80_templates()
    {
        Assert.Equal(1000, PromptSets.Classes("ImageNet").Count);
        Assert.Equal(80, PromptSets.Templates("imagenet").English.Count);
        Assert.Equal(7, PromptSets.Templates("imagenet_7").English.Count);
        Assert.Same(PromptSets.Classes("imagenet")[0].Label, PromptSets.Classes("imagenet")[0].Names[0]);
    }

    [Fact]
    public void A_class_with_synonyms_answers_with_its_first_name()
    {
        var happy = PromptSets.Classes("facialemotionrecognition2013").Single(c => c.Names.Contains("smiling"));
        Assert.Equal(["happy", "smiling"], happy.Names);
        Assert.Equal("happy", happy.Label);
    }

    [Fact]
    public void An_unknown_set_is_refused_with_the_names_that_there_are()
    {
        var e = Assert.Throws<ClipException>(() => PromptSets.Templates("imagenet99"));
        Assert.Contains("imagenet99", e.Message, StringComparison.Ordinal);
        Assert.Contains("cifar10", e.Message, StringComparison.Ordinal);
    }

    private static string[] Strings(JsonElement e) => e.ValueKind == JsonValueKind.String ? [e.GetString()!] : [.. e.EnumerateArray().Select(s => s.GetString()!)];
}
