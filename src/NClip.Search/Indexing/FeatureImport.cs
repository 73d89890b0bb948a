using System.Security.Cryptography;
using System.Text;
using NClip.Foundation;
using NClip.Search.Store;

namespace NClip.Search.Indexing;

/// <summary>Puts features into a gallery that were made elsewhere, in transactions of some thousand.</summary>
internal sealed class FeatureImport(IGalleryWriter writer, IProgress<int>? progress, CancellationToken cancellation)
{
    private const int AtATime = 4096; // rows in a transaction

    /// <summary>Puts them in.</summary>
    /// <returns>The files that are new, that have another content now, and that are as they were.</returns>
    public (int Added, int Changed, int Unchanged) Run(IEnumerable<(string File, ReadOnlyMemory<float> Features)> rows)
    {
        var (stored, known, done, added, changed, unchanged) = (writer.Files(), writer.Contents(), 0, 0, 0, 0);
        var changes = new GalleryChanges();
        foreach (var chunk in rows.Chunk(AtATime))
        {
            foreach (var (name, features) in chunk)
            {
                cancellation.ThrowIfCancellationRequested();
                var picture = Picture(Path.GetFullPath(name), out var now);
                if (known.Add(now.Content!.Value)) changes.Contents.Add(new NewContent(now.Content.Value, Unit(features, name), picture?.Facts() ?? new PictureFacts()));
                if (!stored.TryGetValue(now.Path, out var before) || before.Failure is not null) added++;
                else if (before.Content == now.Content) unchanged++;
                else changed++;
                stored[now.Path] = now;
                changes.Files.Add(now);
            }
            writer.Commit(changes);
            changes.Clear();
            progress?.Report(done += chunk.Length);
        }
        return (added, changed, unchanged);
    }

    // A file that is there has its content's hash, so that a run over its folder finds it unchanged; one that is not has its name's.
    private static ReadPicture? Picture(string path, out StoredFile now)
    {
        var file = new FileInfo(path);
        if (file.Exists && ReadPicture.Of(new FoundFile(path, file.Length, file.LastWriteTimeUtc.Ticks)) is { Failure: null } read)
        {
            now = read.As(read.Hash, null);
            return read;
        }
        now = new StoredFile(path, 0, 0, Hashes.Of(SHA256.HashData(Encoding.UTF8.GetBytes($"features of {path}")).AsSpan(0, 16)), null);
        return null;
    }

    private ReadOnlyMemory<float> Unit(ReadOnlyMemory<float> features, string name)
    {
        if (features.Length != writer.Model!.Dimension) throw new SearchException(FormattableString.Invariant($"its features have {features.Length} values; those of {writer.Model.Shown} have {writer.Model.Dimension}. Name the model that made them with --model."), name);
        var unit = new float[features.Length];
        VectorMath.Normalize(features.Span, unit);
        return Math.Abs(System.Numerics.Tensors.TensorPrimitives.SumOfSquares<float>(unit) - 1) < 1e-3 ? unit : throw new SearchException("its features have no direction: they are zero, infinite or no numbers.", name);
    }
}
