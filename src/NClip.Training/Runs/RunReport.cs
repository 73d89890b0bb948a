using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using NClip.Foundation;

namespace NClip.Training.Runs;

/// <summary>report.html: what a run did, as one page that needs nothing else: its settings, its curves, its figures.</summary>
internal static class RunReport
{
    private const int Width = 560, Height = 200, Left = 60, Points = 400;

    private static readonly (string Key, string Title)[] _curves = [("loss", "Loss"), ("lr", "Learning rate"), ("logit_scale", "Logit scale (logarithm)"), ("grad_norm", "Length of the gradient"), ("pairs_per_s", "Pairs a second")];

    /// <summary>Writes the page from the run's own files.</summary>
    /// <exception cref="ClipException">It cannot be written.</exception>
    public static void Write(RunFolder folder, IReadOnlyList<(string Key, string Value)> settings)
    {
        var page = new StringBuilder("""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Training run</title>
            <style>
            :root { color-scheme: light dark; --line: #1f6feb; --grid: #8884; }
            body { font: 15px/1.5 system-ui, sans-serif; max-width: 1180px; margin: 2em auto; padding: 0 1em; }
            .curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 1.5em; }
            svg { width: 100%; height: auto; } text { font-size: 12px; fill: currentColor; }
            table { border-collapse: collapse; } td, th { padding: .15em .8em .15em 0; text-align: left; vertical-align: top; }
            </style></head><body>
            """);
        page.Append(CultureInfo.InvariantCulture, $"<h1>{Text(Path.GetFileName(folder.Root))}</h1>\n<div class=\"curves\">\n");
        var lines = Lines(folder.Metrics);
        foreach (var (key, title) in _curves) Curve(page, title, [.. lines.Select(l => (l["step"], l[key]))]);
        foreach (var figure in Lines(folder.Evaluations, "name").GroupBy(l => l.Name))
            foreach (var key in figure.First().Values.Keys.Where(k => k is not ("step" or "n"))) Curve(page, $"{figure.Key}: {key}", [.. figure.Where(l => l.Values.ContainsKey(key)).Select(l => (l.Values["step"], l.Values[key]))]);
        page.Append("</div>\n<h2>Settings</h2>\n<table>\n");
        foreach (var (key, value) in settings) page.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{Text(key)}</th><td>{Text(value)}</td></tr>\n");
        page.Append("</table>\n</body></html>\n");
        try
        {
            NewFile.Write(folder.Report, to => to.Write(Encoding.UTF8.GetBytes(page.ToString())));
        }
        catch (Exception e) when (FileRefusal.Is(e))
        {
            throw new ClipException($"cannot be written: {FileRefusal.Why(e)}", folder.Report, e);
        }
    }

    /// <summary>One curve with the ends of its axes; of a long run the means of neighbours.</summary>
    private static void Curve(StringBuilder page, string title, IReadOnlyList<(double Step, double Value)> all)
    {
        if (all.Count == 0) return;
        var size = (all.Count + Points - 1) / Points;
        (double Step, double Value)[] points = [.. all.Chunk(size).Select(c => (c[^1].Step, c.Average(p => p.Value)))];
        var (low, high, first, last) = (points.Min(p => p.Value), points.Max(p => p.Value), points[0].Step, points[^1].Step);
        double X(double step) => Left + ((Width - Left - 10) * (last > first ? (step - first) / (last - first) : 0.5));
        double Y(double value) => 30 + ((Height - 60) * (high > low ? (high - value) / (high - low) : 0.5));
        var drawn = string.Join(' ', points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(p.Step):f1},{Y(p.Value):f1}")));
        page.Append(CultureInfo.InvariantCulture, $"""
            <svg viewBox="0 0 {Width} {Height}" role="img" aria-label="{Text(title)}: {Number(points[0].Value)} at first, {Number(points[^1].Value)} at last">
            <text x="{Left}" y="18" font-weight="bold">{Text(title)}</text>
            <path d="M{Left} 30V{Height - 30}H{Width - 10}" fill="none" stroke="var(--grid)"/>
            <text x="{Left - 6}" y="36" text-anchor="end">{Number(high)}</text><text x="{Left - 6}" y="{Height - 30}" text-anchor="end">{Number(low)}</text>
            <text x="{Left}" y="{Height - 12}">step {Number(first)}</text><text x="{Width - 10}" y="{Height - 12}" text-anchor="end">{Number(last)}</text>
            {(points.Length == 1 ? string.Create(CultureInfo.InvariantCulture, $"<circle cx=\"{X(first):f1}\" cy=\"{Y(low):f1}\" r=\"3\" fill=\"var(--line)\"/>") : $"<polyline points=\"{drawn}\" fill=\"none\" stroke=\"var(--line)\" stroke-width=\"1.5\"/>")}
            </svg>

            """);
    }

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

    private static string Number(double x) => x.ToString("G4", CultureInfo.InvariantCulture);

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
