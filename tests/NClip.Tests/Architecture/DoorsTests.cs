using System.Xml.Linq;
using Xunit;

namespace NClip.Tests.Architecture;

/// <summary>A package's door is its public surface: who else gets in is written here, and each surface is written down.</summary>
public sealed class DoorsTests
{
    private static readonly string[] _projects = [.. Directory.EnumerateFiles(Path.Combine(Reference.Root, "src"), "*.csproj", SearchOption.AllDirectories)];

    /// <summary>Tests; training, which runs the library's towers over other operators; the sources of training data; search, which shares the foundation; the collections of other stores, which share the runs of search; the server, which shares the command's options; and benchmarks, which time the kernels of search.</summary>
    [Fact]
    public void Only_tests_and_training_see_what_is_internal()
    {
        string[] inside = ["NClip.Benchmarks", "NClip.Data", "NClip.Search", "NClip.Search.VectorData", "NClip.Training", "NClip.Training.Mini", "nclip-serve", "nclip-train"];
        var seen = _projects.SelectMany(p => XDocument.Load(p).Descendants("InternalsVisibleTo").Select(e => (Project: Path.GetFileName(p), By: e.Attribute("Include")!.Value))).ToArray();
        Assert.NotEmpty(seen);
        Assert.DoesNotContain(seen, s => !s.By.EndsWith("Tests", StringComparison.Ordinal) && !inside.Contains(s.By));
    }

    [Fact]
    public void What_is_public_is_written_down()
    {
        var api = File.ReadAllLines(Path.Combine(Reference.Root, "src", "NClip", "PublicAPI.Shipped.txt"));
        Assert.Contains("static NClip.Clip.Pretrained(string? model = null, NClip.ClipOptions? options = null) -> NClip.Clip!", api);
        foreach (var project in (string[])["NClip", "NClip.Data", "NClip.Evaluation"])
            Assert.True(File.ReadAllLines(Path.Combine(Reference.Root, "src", project, "PublicAPI.Shipped.txt")).Length > 1, project);
        foreach (var internals in (string[])["NClip.Towers", "NClip.Graphs", "NClip.Foundation"])
            Assert.DoesNotContain(api, line => line.Contains(internals, StringComparison.Ordinal));
    }
}
