using System.Globalization;
using NClip.Cli.Output;
using NClip.Search;

namespace NClip.Cli.Searching;

/// <summary>Writes what an index run did, and what a search found.</summary>
internal static class GalleryOutput
{
    /// <summary>What an index run found.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="gallery">The gallery.</param>
    /// <param name="r">What it found.</param>
    /// <param name="told">Failures that were named already.</param>
    /// <param name="json">As a JSON object.</param>
    public static void Write(Terminal terminal, string gallery, IndexResult r, int told, bool json)
    {
        if (json)
        {
            terminal.WriteJson(w =>
            {
                foreach (var (name, value) in ((string, int)[])[("added", r.Added), ("changed", r.Changed), ("removed", r.Removed), ("unchanged", r.Unchanged), ("failed", r.Failed), ("total", r.Total)]) w.WriteNumber(name, value);
            });
            return;
        }
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Plain.Text(gallery)}: {r.Total} picture{(r.Total == 1 ? "" : "s")} ({r.Added} added, {r.Changed} changed, {r.Removed} removed, {r.Unchanged} unchanged)"));
        if (r.Failed > told) terminal.Note($"{r.Failed - told} file{(r.Failed - told == 1 ? "" : "s")} could not be read in an earlier run and did not change; nclip index --errors --into {gallery} lists them.");
    }

    /// <summary>Lists the files that could not be read.</summary>
    public static int WriteFailures(Terminal terminal, string gallery, bool json)
    {
        using var opened = GalleryModels.Open(gallery);
        foreach (var f in opened.Failures)
        {
            if (json) terminal.WriteJson(w => { w.WriteString("file", f.File); w.WriteString("error", Plain.Message(f.Reason)); });
            else terminal.Out.WriteLine(Plain.Message(Line(f)));
        }
        return ExitCode.Done;
    }

    /// <summary>Looks at every checksum.</summary>
    public static int Check(Terminal terminal, string gallery, CancellationToken stop)
    {
        using var opened = GalleryModels.Open(gallery);
        opened.Verify(stop);
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Plain.Text(Gallery.Shown(gallery))}: all of {opened.Count} pictures are as they were written."));
        return ExitCode.Done;
    }

    /// <summary>A file and what is wrong with it.</summary>
    public static string Line(FailedFile f) => f.Reason.StartsWith(f.File, StringComparison.Ordinal) ? f.Reason : $"{f.File}: {f.Reason}";

    /// <summary>Pictures that were found, best first.</summary>
    public static void Write(Terminal terminal, IEnumerable<Match> matches, bool json)
    {
        foreach (var m in matches)
        {
            if (json) terminal.WriteJson(w => { w.WriteString("file", m.File); w.WriteNumber("score", m.Score); if (m.Facts.Caption is { } caption) w.WriteString("caption", caption); });
            else terminal.Out.WriteLine($"{m.Score.ToString("0.000", CultureInfo.InvariantCulture),6}  {Plain.Text(m.File)}");
        }
    }

    /// <summary>Says why a search found nothing.</summary>
    public static void WriteNothing(Terminal terminal, IReadOnlyList<Match> best, double? cut)
        => terminal.Note(best.Count == 0 ? "no picture fulfils the filters." : string.Create(CultureInfo.InvariantCulture, $"no picture scores {cut:0.000} or more; the best has {best[0].Score:0.000} ({best[0].File}). --threshold sets another limit, --top K shows the K best."));
}
