using System.Globalization;
using NClip.Cli.Output;
using NClip.Search;

namespace NClip.Cli.Searching;

/// <summary>Writes groups of pictures: what shows the same, and what belongs together.</summary>
internal static class GroupOutput
{
    private const int Few = 3; // pictures of an album that a person sees

    /// <summary>Near-duplicates: the one to keep, below it the others.</summary>
    public static void Write(Terminal terminal, IReadOnlyList<DuplicateGroup> groups, bool json)
    {
        foreach (var g in groups)
        {
            if (json)
            {
                terminal.WriteJson(w =>
                {
                    w.WriteString("keep", g.Keep);
                    w.WriteString("reason", g.Reason);
                    w.WriteStartArray("others");
                    foreach (var o in g.Others)
                    {
                        w.WriteStartObject();
                        w.WriteString("file", o.File);
                        w.WriteNumber("score", o.Score);
                        w.WriteBoolean("copy", o.IsCopy);
                        w.WriteEndObject();
                    }
                    w.WriteEndArray();
                });
                continue;
            }
            terminal.WritePath(g.Keep);
            terminal.Out.WriteLine($"  keep: {g.Reason}");
            foreach (var o in g.Others) terminal.Out.WriteLine($"  {(o.IsCopy ? " copy" : o.Score.ToString("0.000", CultureInfo.InvariantCulture))}  {Plain.Text(o.File)}");
        }
        if (!json && groups.Count == 0) terminal.Out.WriteLine("No two pictures show the same.");
    }

    /// <summary>Albums.</summary>
    public static void Write(Terminal terminal, IReadOnlyList<Album> albums, bool json)
    {
        foreach (var a in albums)
        {
            if (json)
            {
                terminal.WriteJson(w =>
                {
                    w.WriteString("album", a.Name);
                    w.WriteNumber("count", a.Files.Count);
                    w.WriteStartArray("files");
                    foreach (var f in a.Files) w.WriteStringValue(f);
                    w.WriteEndArray();
                });
                continue;
            }
            terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Plain.Text(a.Name)}: {a.Files.Count}"));
            foreach (var f in a.Files.Take(Few)) terminal.Out.WriteLine($"  {Plain.Text(f)}");
            if (a.Files.Count > Few) terminal.Out.WriteLine("  ...");
        }
    }
}
