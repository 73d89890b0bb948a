using System.Text.RegularExpressions;
using NClip.Training.RunFiles;
using NClip.Training.Tests.Runs;
using Xunit;

namespace NClip.Training.Tests.Reports;

public sealed partial class RunReportTests
{
    [Fact]
    public void The_page_has_curves_figures_confusions_and_pictures_needs_nothing_else_and_runs_nothing()
    {
        using var tiny = new TinyRun();
        Directory.Move(tiny.Folder["classes/red"], tiny.Folder["classes/<img onerror=x>&red"]);
        tiny.Folder.Write("pairs/00.txt", "<script>alert(\"caption\")</script> & more");
        Directory.CreateDirectory(tiny.Folder["few"]);
        foreach (var file in Enumerable.Range(0, 4).SelectMany(i => Directory.GetFiles(tiny.Folder["pairs"], $"{i:d2}.*"))) File.Copy(file, tiny.Folder["few/" + Path.GetFileName(file)]);
        var settings = tiny.Settings("<b>out", "steps=4") with
        {
            Evaluations = [new EvaluationSettings { Kind = "zero-shot", Source = tiny.Folder["classes"], Every = 2 }, new EvaluationSettings { Kind = "retrieval", Source = tiny.Folder["few"], Every = 2 }],
        };
        TinyRun.Run(settings);
        var page = File.ReadAllText(tiny.Folder["<b>out/report.html"]);
        Assert.Contains("<title>Training run &lt;b&gt;out</title>", page);
        Assert.Contains("default-src 'none'; img-src data:; style-src 'unsafe-inline'", page);
        Assert.Contains("&lt;script&gt;alert(&quot;caption&quot;)&lt;/script&gt; &amp; more", page);
        Assert.Contains("&lt;img onerror=x&gt;&amp;red", page);
        Assert.Matches(@"taken for (blue|green|&lt;img|red).*: \d+</h3>", page);
        Assert.Contains("How often each class", page);
        Assert.Contains("<figure class=\"right\">", page);
        foreach (var curve in new[] { "Loss", "Learning rate", "Logit scale (logarithm)" }) Assert.Contains($">{curve}</text>", page);
        Assert.DoesNotContain("<script", page);
        Assert.DoesNotContain("<img onerror", page);
        Assert.All(Address().Matches(page), m => Assert.StartsWith("data:image/jpeg;base64,", m.Groups[1].Value));
        Assert.InRange(page.Length, 10_000, 4_000_000);
    }

    [GeneratedRegex("(?:src|href)=\"([^\"]*)\"")]
    private static partial Regex Address();
}
