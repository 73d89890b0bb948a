using NClip.Foundation;
using NClip.Search.Store;

namespace NClip.Search.Indexing;

/// <summary>Gives each content of a gallery a vector of another model, beside the old ones, which answer until all are there. A run that was stopped goes on where it was.</summary>
internal sealed class ReembedRun(IGalleryWriter writer, Clip clip, IndexOptions options, IProgress<IndexProgress>? progress, CancellationToken cancellation)
{
    /// <summary>Embeds what is missing, then changes the gallery's model. Contents whose files are gone or others now lose their vectors; the walk that follows reads those files anew.</summary>
    public async Task RunAsync()
    {
        var missing = writer.Missing();
        var (changes, underWay, done) = (new GalleryChanges(), new Queue<(UInt128 Hash, ReadPicture? Picture)>(), 0);
        var gate = new Lock();
        await foreach (var picture in clip.EncodeImagesAsync(Pictures(), cancellation).ConfigureAwait(false))
        {
            (UInt128 Hash, ReadPicture? Picture) next;
            lock (gate) next = underWay.Dequeue();
            progress?.Report(new IndexProgress(++done, missing.Count));
            if (picture.Error is not null) continue;
            var vector = new float[picture.Features.Length];
            VectorMath.Normalize(picture.Features.Span, vector);
            changes.Contents.Add(new NewContent(next.Hash, vector, next.Picture!.Facts()));
            if (done % options.BatchSize != 0 || changes.Count < 8 * options.BatchSize) continue;
            writer.Commit(changes);
            changes.Clear();
        }
        writer.Commit(changes);
        writer.Switch();

        IEnumerable<ImageInput> Pictures()
        {
            foreach (var picture in Cli.Ordered.Select(missing, 2 * (options.Threads ?? Environment.ProcessorCount), m => (m.Hash, Picture: Read(m)), cancellation))
            {
                if (picture.Picture is null) continue;
                lock (gate) underWay.Enqueue(picture);
                yield return picture.Picture.Input();
            }
        }
    }

    // The first of its files that still has this content.
    private static ReadPicture? Read((UInt128 Hash, IReadOnlyList<string> Paths) content) => content.Paths
        .Select(p => new FileInfo(p)).Where(f => f.Exists)
        .Select(f => ReadPicture.Of(new FoundFile(f.FullName, f.Length, f.LastWriteTimeUtc.Ticks)))
        .FirstOrDefault(p => p.Failure is null && p.Hash == content.Hash);
}
