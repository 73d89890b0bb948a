using NClip.Foundation;
using NClip.Search.Vectors;

namespace NClip.Search.Store;

/// <content>The graph of near neighbours: made of the segments, grown by what is new, made anew where much of it is dead.</content>
internal sealed partial class EmbeddedWriter
{
    private const int Many = 200_000; // rows from which a graph is worth its time
    private const double Behind = 0.1, Dead = 0.2; // of the rows: those that a graph may lack, and those of it that may be dead

    /// <inheritdoc/>
    public void Connect(bool? wanted, CancellationToken cancellation)
    {
        if (Model is null || wanted == false || !UsearchLibrary.IsThere) return;
        var segments = Segments.Of(_database, Generation, Model.Dimension);
        var living = segments.ToDictionary(s => s.Layout.Id, s => RowMask.Living(s.Rows, s.Dead));
        var rows = living.Values.Sum(l => (long)l.Count);
        var old = NearGraph.Of(_database, Generation) is { } g && g.IsWhole(_folder) ? g : null;
        if (rows == 0 || (old is null && wanted != true && rows < Many)) return;
        var covered = segments.Sum(s => (long)Enumerable.Range(0, Math.Min(s.Rows, old?.Covers.GetValueOrDefault(s.Layout.Id) ?? 0)).Count(r => living[s.Layout.Id][r]));
        if (old is not null && rows - covered <= Behind * rows && old.Covers.Values.Sum(c => (long)c) - covered <= Dead * rows) return;
        if (old is not null && old.Covers.Values.Sum(c => (long)c) - covered > Dead * rows) old = null;
        Grow(segments, living, old, cancellation);
    }

    private void Grow(List<Segment> segments, Dictionary<long, RowMask> living, NearGraph? old, CancellationToken cancellation)
    {
        var folder = Directory.CreateDirectory(NearGraph.Folder(_folder)).FullName;
        var capacity = (old?.Covers.Values.Sum(c => (long)c) ?? 0) + segments.Sum(s => s.Rows - (long)(old?.Covers.GetValueOrDefault(s.Layout.Id) ?? 0));
        var name = FormattableString.Invariant($"{Guid.NewGuid():N}.usearch");
        using (var index = UsearchIndex.ToAdd(Model!.Dimension, old is null ? null : Path.Combine(folder, old.File), capacity))
        {
            foreach (var s in segments)
            {
                var first = old?.Covers.GetValueOrDefault(s.Layout.Id) ?? 0;
                using var reader = SegmentReader.Open(_vectors, s.Layout);
                InParallel.For(s.Rows - first, i =>
                {
                    if (living[s.Layout.Id][first + i]) index.Add(NearGraph.Key(s.Layout.Id, first + i), reader.Codes(first + i, 1)[..Model.Dimension]);
                }, cancellation);
            }
            index.Save(Path.Combine(folder, name));
        }
        using (var file = File.OpenHandle(Path.Combine(folder, name), FileMode.Open, FileAccess.ReadWrite)) RandomAccess.FlushToDisk(file);
        var covers = (old?.Covers ?? new Dictionary<long, int>()).Where(c => segments.All(s => s.Layout.Id != c.Key)).Concat(segments.Select(s => KeyValuePair.Create(s.Layout.Id, s.Rows))).ToDictionary();
        _database.Within(writes: true, () =>
        {
            new NearGraph(name, new FileInfo(Path.Combine(folder, name)).Length, NearGraph.SampleOf(Path.Combine(folder, name)), covers).Note(_database, Generation);
            return 0;
        });
        foreach (var f in Directory.EnumerateFiles(folder, "*.usearch").Where(f => Path.GetFileName(f) != name)) Remove(f);
    }
}
