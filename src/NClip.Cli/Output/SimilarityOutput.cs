using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace NClip.Cli.Output;

/// <summary>Writes cosines and logits of pictures [N] and texts [M]: the matrix, or each text's best pictures.</summary>
internal sealed class SimilarityOutput(Terminal terminal, bool json, IReadOnlyList<string> files, IReadOnlyList<string> texts, Matrix cosines, Matrix logits)
{
    /// <summary>A picture a row, a text a column.</summary>
    public void WriteMatrix()
    {
        if (json) { for (var i = 0; i < files.Count; i++) WriteRow(i); return; }
        var table = new Table { Border = TableBorder.Simple }.AddColumn(new TableColumn("picture"));
        foreach (var t in texts) table.AddColumn(new TableColumn(Cells.Of(t)).RightAligned());
        for (var i = 0; i < files.Count; i++)
            table.AddRow([Cells.Of(files[i]), .. Enumerable.Range(0, texts.Count).Select(j => Cells.Of(Cosine(i, j), Style(i, j)))]);
        if (Cells.Measure(table, terminal.Screen).Min <= terminal.Width) terminal.Screen.Write(table);
        else for (var i = 0; i < files.Count; i++) WriteBlock(i);
    }

    /// <summary>For each text the <paramref name="count"/> nearest pictures, nearest first.</summary>
    public void WriteBest(int count)
    {
        for (var j = 0; j < texts.Count; j++)
        {
            var text = j;
            var best = Enumerable.Range(0, files.Count).OrderByDescending(i => cosines[i, text]).Take(count).ToArray();
            if (json) WriteBest(j, best);
            else
            {
                terminal.WritePath(texts[j]);
                foreach (var i in best) terminal.Out.WriteLine($"  {Cosine(i, j),6}  {Plain.Text(files[i])}");
            }
        }
    }

    // Where the screen is too narrow for all texts side by side.
    private void WriteBlock(int i)
    {
        terminal.WritePath(files[i]);
        var grid = new Grid().AddColumn(new GridColumn().Padding(2, 0, 2, 0).RightAligned().NoWrap()).AddColumn();
        for (var j = 0; j < texts.Count; j++) grid.AddRow(Cells.Of(Cosine(i, j), Style(i, j)), Cells.Of(texts[j]));
        terminal.Screen.Write(grid);
    }

    private void WriteRow(int i) => terminal.WriteJson(w =>
    {
        w.WriteString("file", files[i]);
        w.WriteStartArray("similarities");
        for (var j = 0; j < texts.Count; j++) WritePair(w, "text", texts[j], i, j);
        w.WriteEndArray();
    });

    private void WriteBest(int j, int[] best) => terminal.WriteJson(w =>
    {
        w.WriteString("text", texts[j]);
        w.WriteStartArray("pictures");
        foreach (var i in best) WritePair(w, "file", files[i], i, j);
        w.WriteEndArray();
    });

    private void WritePair(Utf8JsonWriter w, string kind, string name, int i, int j)
    {
        w.WriteStartObject();
        w.WriteString(kind, name);
        w.WriteNumber("cosine", cosines[i, j]);
        w.WriteNumber("logit", logits[i, j]);
        w.WriteEndObject();
    }

    private string Cosine(int i, int j) => cosines[i, j].ToString("0.000", CultureInfo.InvariantCulture);

    // The best text of a picture stands out.
    private Style Style(int i, int j) => Enumerable.Range(0, texts.Count).All(k => cosines[i, k] <= cosines[i, j]) ? new Style(Color.Green) : Spectre.Console.Style.Plain;
}
