using System.Globalization;
using Spectre.Console;

namespace NClip.Cli.Output;

/// <summary>Writes the answers of <c>classify</c>: a block with bars for each picture, or a JSON line.</summary>
internal sealed class ClassificationOutput(Terminal terminal, bool json, int? top, double? threshold, bool none)
{
    /// <summary>Labels in a block where --top does not say.</summary>
    private const int TableRows = 5;

    /// <summary>Columns beside label and bar: margins, the percentage, the cosine; and the least that a bar may have.</summary>
    private const int Beside = 2 + 2 + 2 + 7 + 2 + 5, LeastBar = 6;

    private const string NoneOfThese = "none of these";

    /// <summary>Writes one picture's answer.</summary>
    public void Write(string file, LabelScores scores)
    {
        var shown = (threshold is { } t ? scores.Above((float)t) : scores.Ranked).Take(top ?? (json ? int.MaxValue : TableRows)).ToArray();
        Write(file, scores, [.. shown.Select(s => (s.Label, s.Score, (float?)s.Cosine))], scores.Best.Label, scores.Best.Score);
    }

    /// <summary>Writes one picture's answer that a head gives: shares without cosines, best first.</summary>
    public void WriteShares(string file, IReadOnlyList<(string Label, float Share)> ranked)
        => Write(file, null, [.. ranked.Where(s => threshold is not { } t || s.Share >= t).Take(top ?? (json ? int.MaxValue : TableRows)).Select(s => (s.Label, s.Share, (float?)null))], ranked[0].Label, ranked[0].Share);

    private void Write(string file, LabelScores? scores, (string Label, float Score, float? Cosine)[] shown, string best, float bestScore)
    {
        if (json) WriteJson(file, scores, shown);
        else WriteBlock(file, scores, shown, best, bestScore);
    }

    private void WriteJson(string file, LabelScores? scores, (string Label, float Score, float? Cosine)[] shown) => terminal.WriteJson(w =>
    {
        w.WriteString("file", file);
        if (none && scores is not null) w.WriteBoolean("none", IsNone(scores));
        if (scores is LabelDistribution { None: { } share }) w.WriteNumber("none_score", share);
        w.WriteStartArray("predictions");
        foreach (var s in shown)
        {
            w.WriteStartObject();
            w.WriteString("label", s.Label);
            w.WriteNumber("score", s.Score);
            if (s.Cosine is { } cosine) w.WriteNumber("cosine", cosine);
            w.WriteEndObject();
        }
        w.WriteEndArray();
    });

    private void WriteBlock(string file, LabelScores? scores, (string Label, float Score, float? Cosine)[] shown, string best, float bestScore)
    {
        var grid = new Grid().AddColumn(new GridColumn().Padding(2, 0, 2, 0)).AddColumn(new GridColumn().NoWrap()).AddColumn(new GridColumn().RightAligned().NoWrap()).AddColumn(new GridColumn().RightAligned().NoWrap());
        var share = (scores as LabelDistribution)?.None;
        var rows = shown.Select(s => (s.Label, s.Score, s.Cosine, IsNone: false)).ToList();
        if (share is { } n) rows.Insert(rows.Count(r => r.Score >= n), (NoneOfThese, n, null, true));
        else if (none && scores is not null && IsNone(scores)) rows.Insert(0, (NoneOfThese, 1 - bestScore, null, true));
        var bar = BarWidth(rows.Select(r => r.Label));
        foreach (var r in rows)
            grid.AddRow(Cells.Of(r.Label, r.IsNone ? new Style(decoration: Decoration.Italic) : Style.Plain), Cells.Of(Bar.Of(r.Score, bar), new Style(Color.Green)), Cells.Of(Bar.Percent(r.Score)), Cells.Of(r.Cosine?.ToString("0.000", CultureInfo.InvariantCulture) ?? "", new Style(Color.Grey)));
        terminal.WritePath(file);
        if (rows.Count == 0) terminal.Out.WriteLine($"  no label reaches {threshold?.ToString(CultureInfo.InvariantCulture)}; the best is {Plain.Text(best)} with {Bar.Percent(bestScore)}");
        else terminal.Screen.Write(grid);
        terminal.Out.Flush();
    }

    // On a narrow screen the bars give way to the labels.
    private int BarWidth(IEnumerable<string> labels)
        => Math.Clamp(terminal.Width - Beside - labels.Select(l => Cells.Measure(Cells.Of(l), terminal.Screen).Max).DefaultIfEmpty(0).Max(), LeastBar, Bar.Full);

    // A sigmoid model says 'none' by itself: no label is likelier than not.
    private static bool IsNone(LabelScores scores) => scores is LabelDistribution d ? d.IsNone : scores.Best.Score < 0.5f;
}
