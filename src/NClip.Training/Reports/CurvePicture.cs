using System.Globalization;

namespace NClip.Training.Reports;

/// <summary>One curve as an SVG picture with the ends of its axes; of a long run the means of neighbours.</summary>
internal static class CurvePicture
{
    private const int Width = 560, Height = 200, Left = 76, Points = 400;

    /// <summary>Adds it to a page; a curve of one point is none.</summary>
    public static void Add(HtmlPage page, string title, IReadOnlyList<(double Step, double Value)> all)
    {
        if (all.Count < 2) return;
        var size = (all.Count + Points - 1) / Points;
        (double Step, double Value)[] points = [.. all.Chunk(size).Select(c => (c[^1].Step, c.Average(p => p.Value)))];
        var (low, high, first, last) = (points.Min(p => p.Value), points.Max(p => p.Value), points[0].Step, points[^1].Step);
        double X(double step) => Left + ((Width - Left - 10) * (last > first ? (step - first) / (last - first) : 0.5));
        double Y(double value) => 30 + ((Height - 60) * (high > low ? (high - value) / (high - low) : 0.5));
        var drawn = string.Join(' ', points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(p.Step):f1},{Y(p.Value):f1}")));
        var name = HtmlPage.Text(title);
        page.Add($"""
            <svg viewBox="0 0 {Width} {Height}" role="img" aria-label="{name}: {Number(points[0].Value)} at first, {Number(points[^1].Value)} at last">
            <text x="{Left}" y="18" font-weight="bold">{name}</text>
            <path d="M{Left} 30V{Height - 30}H{Width - 10}" fill="none" stroke="var(--grid)"/>
            <text x="{Left - 6}" y="36" text-anchor="end">{Number(high)}</text><text x="{Left - 6}" y="{Height - 30}" text-anchor="end">{Number(low)}</text>
            <text x="{Left}" y="{Height - 12}">step {Number(first)}</text><text x="{Width - 10}" y="{Height - 12}" text-anchor="end">{Number(last)}</text>
            <polyline points="{drawn}" fill="none" stroke="var(--line)" stroke-width="1.5"/>
            </svg>
            """);
    }

    /// <summary>A number of few digits.</summary>
    public static string Number(double x) => x.ToString("G4", CultureInfo.InvariantCulture);
}
