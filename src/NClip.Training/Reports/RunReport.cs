using System.Text.Json;
using NClip.Foundation;
using NClip.Training.Measuring;
using NClip.Training.Runs;

namespace NClip.Training.Reports;

/// <summary>report.html: what a run did, as one page that needs nothing else: warnings, curves, figures, pictures, settings.</summary>
internal static class RunReport
{
    private const int MostCurves = 40;

    private static readonly (string Key, string Title)[] _curves = [("loss", "Loss"), ("lr", "Learning rate"), ("logit_scale", "Logit scale (logarithm)"), ("grad_norm", "Length of the gradient"), ("pairs_per_s", "Pairs a second")];

    private const string Style = """
        :root { color-scheme: light dark; --line: #1f6feb; --grid: #8884; --right: #1a7f37; --bad: #cf222e; }
        @media (prefers-color-scheme: dark) { :root { --line: #6cb0ff; --right: #4ac26b; --bad: #ff7b72; } }
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 1180px; margin: 2em auto; padding: 0 1em; }
        h3 { font-size: 1em; font-weight: normal; margin: 1em 0 .3em; }
        .warning { border-left: .4em solid var(--bad); padding: .3em 1em; }
        .curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(320px, 100%), 1fr)); gap: 1.5em; }
        svg { width: 100%; height: auto; } text { font-size: 12px; fill: currentColor; }
        table { border-collapse: collapse; } td, th { padding: .15em .8em .15em 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
        .wide { overflow-x: auto; } caption { text-align: left; }
        .counts td, .counts th { padding: .1em .4em; text-align: right; overflow-wrap: normal; } .counts td { background: rgb(31 111 235 / calc(var(--share, 0) * 60%)); }
        .counts th[scope=col] span { writing-mode: vertical-rl; } .counts .own { font-weight: bold; }
        .row { display: flex; flex-wrap: wrap; gap: .6em; } figure { margin: 0; width: 120px; padding: 2px; border: 2px solid transparent; border-radius: 6px; }
        figure.right { border-color: var(--right); } img { max-width: 100%; border-radius: 4px; display: block; } figcaption { font-size: 12px; overflow-wrap: anywhere; }
        """;

    /// <summary>Writes the page from the run's own files, and what is in memory of single pictures.</summary>
    /// <exception cref="ClipException">It cannot be written.</exception>
    public static void Write(RunFolder folder, IReadOnlyList<(string Key, string Value)> settings, FigureGuard guard, IReadOnlyList<(string Name, RunExamples Examples)> examples)
    {
        var page = new HtmlPage($"Training run {Path.GetFileName(folder.Root)}", Style);
        var figures = Lines(folder.Evaluations, "name").GroupBy(l => l.Name).Select(g => (Name: g.Key, Lines: g.Select(l => l.Values).ToArray())).ToArray();
        foreach (var (name, lines) in figures) Warning(page, name, lines, guard);
        Curves(page, Lines(folder.Metrics), figures);
        if (figures.Length > 0) Figures(page, figures);
        ExamplePictures.Add(page, examples);
        page.Add($"<h2>Settings</h2>\n<table>");
        foreach (var (key, value) in settings) page.Add($"<tr><th scope=\"row\">{HtmlPage.Text(key)}</th><td>{HtmlPage.Text(value)}</td></tr>");
        page.Add($"</table>");
        try
        {
            NewFile.Write(folder.Report, to => to.Write(page.ToBytes()));
        }
        catch (Exception e) when (FileRefusal.Is(e))
        {
            throw new ClipException($"cannot be written: {FileRefusal.Why(e)}", folder.Report, e);
        }
    }

    /// <summary>What the guard says of the last figure.</summary>
    private static void Warning(HtmlPage page, string name, Dictionary<string, double>[] lines, FigureGuard guard)
    {
        if (lines[0].Keys.FirstOrDefault(k => k != "step") is not { } key) return;
        var best = lines.MaxBy(l => l.GetValueOrDefault(key))!;
        if (guard.Lost(best[key], lines[^1].GetValueOrDefault(key)))
            page.Add($"<p class=\"warning\" role=\"alert\">{HtmlPage.Text(guard.Message(name, (key, lines[^1].GetValueOrDefault(key)), (int)lines[^1]["step"], best[key], (int)best["step"]))}</p>");
    }

    private static void Curves(HtmlPage page, IReadOnlyList<Dictionary<string, double>> steps, IEnumerable<(string Name, Dictionary<string, double>[] Lines)> figures)
    {
        page.Add($"<div class=\"curves\">");
        foreach (var (key, title) in _curves) CurvePicture.Add(page, title, [.. steps.Select(l => (l["step"], l[key]))]);
        foreach (var (name, lines, key) in figures.SelectMany(f => Keys(f.Lines).Select(k => (f.Name, f.Lines, k))).Take(MostCurves - _curves.Length))
            CurvePicture.Add(page, $"{name}: {key}", [.. lines.Where(l => l.ContainsKey(key)).Select(l => (l["step"], l[key]))]);
        page.Add($"</div>");
    }

    private static void Figures(HtmlPage page, IEnumerable<(string Name, Dictionary<string, double>[] Lines)> figures)
    {
        page.Add($"<h2>Figures</h2>\n<table><tr><th scope=\"col\">of</th><th scope=\"col\">figure</th><th scope=\"col\">first</th><th scope=\"col\">last</th></tr>");
        foreach (var (name, lines) in figures)
            foreach (var key in Keys(lines))
                page.Add($"<tr><td>{HtmlPage.Text(name)}</td><td>{HtmlPage.Text(key)}</td><td>{CurvePicture.Number(lines[0].GetValueOrDefault(key, double.NaN))}</td><td>{CurvePicture.Number(lines[^1].GetValueOrDefault(key, double.NaN))}</td></tr>");
        page.Add($"</table>");
    }

    private static IEnumerable<string> Keys(Dictionary<string, double>[] lines) => lines[0].Keys.Where(k => k is not ("step" or "n" or "texts"));

    private static IReadOnlyList<Dictionary<string, double>> Lines(string path) => [.. Lines(path, "").Select(l => l.Values)];

    /// <summary>The numbers of each line, and the text of one key.</summary>
    private static IEnumerable<(string Name, Dictionary<string, double> Values)> Lines(string path, string name)
    {
        if (!File.Exists(path)) yield break;
        foreach (var line in File.ReadLines(path))
        {
            using var json = JsonDocument.Parse(line);
            yield return (name.Length > 0 ? json.RootElement.GetProperty(name).GetString()! : "",
                json.RootElement.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Number).ToDictionary(p => p.Name, p => p.Value.GetDouble()));
        }
    }
}
