using System.Globalization;
using System.Text.Json;
using NClip.Cli.Output;
using NClip.Evaluation;
using Spectre.Console;

namespace NClip.Cli.Evaluating;

/// <summary>Figures of an evaluation by their names, <c>text_to_image.r1</c>: one list for people, JSON and CSV.</summary>
internal sealed class FigureList
{
    private readonly List<Figure> _figures = [];

    /// <param name="Path">Its name in JSON, groups divided by points.</param>
    /// <param name="Value">The number.</param>
    /// <param name="IsShare">Whether people read it as a percentage.</param>
    /// <param name="Published">What others published, or null.</param>
    private sealed record Figure(string Path, double Value, bool IsShare, PublishedFigure? Published)
    {
        public string Group => Path.Contains('.', StringComparison.Ordinal) ? Path[..Path.LastIndexOf('.')] : "";

        public string Leaf => Path[(Path.LastIndexOf('.') + 1)..];

        public string Text => IsShare ? Percent(Value) : Number(Value);
    }

    /// <summary>A share of one.</summary>
    public FigureList Share(string path, double value, PublishedFigure? published = null) => Add(new(path, value, true, published));

    /// <summary>A count or another number.</summary>
    public FigureList Number(string path, double value) => Add(new(path, value, false, null));

    /// <summary>Writes them as the call asks.</summary>
    public void Write(Terminal terminal, bool json, bool csv)
    {
        if (json) terminal.WriteJson(w => WriteJson(w, 0, _figures));
        else if (csv) WriteCsv(terminal);
        else WriteTables(terminal);
        terminal.Out.Flush();
    }

    private FigureList Add(Figure figure)
    {
        _figures.Add(figure);
        return this;
    }

    // Figures that share the first parts of their names stand in one object, where the first of them stands.
    private static void WriteJson(Utf8JsonWriter w, int depth, IEnumerable<Figure> figures)
    {
        foreach (var group in figures.GroupBy(f => f.Path.Split('.')[depth]))
        {
            if (group.First() is var only && only.Path.Split('.').Length == depth + 1)
            {
                w.WriteNumber(group.Key, only.Value);
                continue;
            }
            w.WriteStartObject(group.Key);
            WriteJson(w, depth + 1, group);
            w.WriteEndObject();
        }
        if (depth > 0 || !figures.Any(f => f.Published is not null)) return;
        w.WriteStartObject("published");
        foreach (var f in figures.Where(f => f.Published is not null)) w.WriteNumber(f.Path, f.Published!.Top1);
        w.WriteEndObject();
    }

    private void WriteCsv(Terminal terminal)
    {
        terminal.Out.WriteLine("figure,value,published");
        foreach (var f in _figures) terminal.Out.WriteLine($"{f.Path},{f.Value.ToString(CultureInfo.InvariantCulture)},{f.Published?.Top1.ToString(CultureInfo.InvariantCulture)}");
    }

    private void WriteTables(Terminal terminal)
    {
        foreach (var f in _figures.Where(f => f.Group.Length == 0))
            terminal.Out.WriteLine($"  {Words(f.Leaf),-16} {f.Text,10}{(f.Published is { } p ? $"   published {Percent(p.Top1)} ({p.Source})" : "")}");
        foreach (var table in _figures.Where(f => f.Group.Length > 0).GroupBy(f => string.Join(' ', _figures.Where(o => o.Group == f.Group).Select(o => o.Leaf))))
        {
            var leaves = table.Key.Split(' ');
            var grid = new Table { Border = TableBorder.Simple }.AddColumn(new TableColumn(""));
            foreach (var leaf in leaves) grid.AddColumn(new TableColumn(Words(leaf)).RightAligned());
            foreach (var row in table.GroupBy(f => f.Group)) grid.AddRow([Cells.Of(Words(row.Key[(row.Key.LastIndexOf('.') + 1)..])), .. row.Select(f => Cells.Of(f.Text))]);
            terminal.Screen.Write(grid);
        }
    }

    private static string Words(string name) => name switch
    {
        "r1" or "r5" or "r10" => $"R@{name[1..]}",
        "top1" or "top5" => $"top-{name[3..]}",
        "n" => "pictures",
        _ => name.Replace('_', ' '),
    };

    private static string Percent(double value) => string.Create(CultureInfo.InvariantCulture, $"{100 * value:0.0} %");

    private static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
