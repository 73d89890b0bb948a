using System.Text.Json;
using NClip.Tests;
using NClip.ZeroShot;
using Xunit;

namespace NClip.Evaluation.Tests;

public sealed class ClassListTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static SampleFacts Sample(string? label) => new("a picture", [], label);

    [Fact]
    public void Data_may_write_a_class_by_name_key_or_number()
    {
        _folder.Write("classes.txt", "# a comment\nn1\tgreat white shark|white shark\nn2\ttabby cat\n");
        _folder.Write("classes.json", """{"n1": ["great white shark", "white shark"], "n2": "tabby cat"}""");
        foreach (var file in (string[])["classes.txt", "classes.json"])
        {
            var classes = ClassList.Read(_folder[file]);
            Assert.Equal(["great white shark", "tabby cat"], classes.Classes.Select(c => c.Label));
            foreach (var (written, index) in new[] { ("n1", 0), ("n2", 1), ("1", 1), ("Tabby_Cat", 1), ("white shark", 0) }) Assert.Equal(index, classes.IndexOf(Sample(written)));
        }
    }

    [Fact]
    public void A_set_of_NClip_s_and_the_data_s_own_classes_will_do()
    {
        Assert.Equal(10, ClassList.Read("cifar10").Classes.Count);
        Assert.Equal(1000, ClassList.Read("imagenet").Classes.Count);
        var own = ClassList.Of(new EncodedSamples(new Matrix(3, 1, new float[3]), [Sample("b_c"), Sample("a"), Sample("b_c")]));
        Assert.Equal(["a", "b c"], own.Classes.Select(c => c.Label));
        Assert.Equal(1, own.IndexOf(Sample("b_c")));
    }

    [Fact]
    public void What_cannot_be_is_named()
    {
        var classes = ClassList.Of([new LabelClass("cat"), new LabelClass("dog")]);
        Assert.Contains("a picture is of the class \"cow\", which is not among the 2 classes", Assert.Throws<EvaluationException>(() => classes.IndexOf(Sample("cow"))).Message);
        Assert.Contains("a picture has no class", Assert.Throws<EvaluationException>(() => classes.IndexOf(Sample(null))).Message);
        Assert.Contains("two classes are called \"cat\"", Assert.Throws<EvaluationException>(() => ClassList.Of([new LabelClass("cat"), new LabelClass("cat")])).Message);
        Assert.Contains("neither such a file nor such a set", Assert.Throws<EvaluationException>(() => ClassList.Read("nothing")).Message);
    }

    [Fact]
    public void Published_figures_are_those_of_the_reference()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Reference.Path("published.json")));
        var table = json.RootElement.GetProperty("zero_shot_top1");
        var sets = table.GetProperty("columns").EnumerateArray().Select(c => c.GetString()).ToArray();
        foreach (var model in table.EnumerateObject().Where(m => m.Name is not ("source" or "columns")))
            foreach (var (i, set) in sets.Index())
                Assert.Equal(model.Value[i].GetDouble() / 100, PublishedFigures.ZeroShot(model.Name, set)!.Top1);
        Assert.Equal(PublishedFigures.ZeroShot("ViT-B-32", "cifar10"), PublishedFigures.ZeroShot("openai/clip-vit-base-patch32", "cifar10"));
        Assert.NotNull(PublishedFigures.ZeroShot("ViT-L/14@336px", "imagenet"));
        Assert.Null(PublishedFigures.ZeroShot(null, "imagenet"));
        Assert.Null(PublishedFigures.ZeroShot("ViT-B/32", "flowers"));
    }
}
