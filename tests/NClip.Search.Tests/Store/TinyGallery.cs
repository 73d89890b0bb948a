using NClip.Search.Store;

namespace NClip.Search.Tests.Store;

/// <summary>Galleries of pictures that are numbers: picture n has content n, and the vector that n gives.</summary>
internal static class TinyGallery
{
    public const int Dimension = 8;

    public static GalleryModel Model { get; } = new(null, "f00d", "natural fp32", Dimension);

    /// <summary>A unit vector that no other number has.</summary>
    public static float[] Vector(int n, int dimension = Dimension)
    {
        var random = new Random(n);
        var v = Enumerable.Range(0, dimension).Select(_ => (float)((random.NextDouble() * 2) - 1)).ToArray();
        return new Matrix(1, dimension, v).Normalized().ToArray();
    }

    public static NewContent Content(int n, PictureFacts? facts = null) => new((UInt128)n, Vector(n), facts ?? new PictureFacts());

    public static StoredFile File(string path, int n) => new(path, n, n + 1, (UInt128)n, null);

    /// <summary>Changes that add these pictures, picture n as file /n.jpg.</summary>
    public static GalleryChanges Adding(params IEnumerable<int> numbers)
    {
        var changes = new GalleryChanges();
        foreach (var n in numbers)
        {
            changes.Contents.Add(Content(n));
            changes.Files.Add(File($"/{n}.jpg", n));
        }
        return changes;
    }

    /// <summary>A writer of a new or old gallery.</summary>
    public static EmbeddedWriter Write(string folder, Action<string>? step = null, int firstCapacity = 8)
    {
        var writer = new EmbeddedWriter(folder, new StoreOptions(FirstCapacity: firstCapacity, Step: step));
        if (writer.Model is null) writer.SetModel(Model);
        return writer;
    }

    /// <summary>Copies a gallery as it lies on the disk, while its writer works.</summary>
    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(Path.Combine(to, "vectors"));
        foreach (var f in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) is not ("writer.lock" or "gallery.db-shm")))
        {
            using var source = new FileStream(f, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var target = System.IO.File.Create(Path.Combine(to, Path.GetRelativePath(from, f)));
            source.CopyTo(target);
        }
    }

    /// <summary>The files of a gallery with their contents' numbers, after a look at every checksum and at every picture's answer to its own vector.</summary>
    public static SortedDictionary<string, int> Read(string folder)
    {
        using var store = EmbeddedStore.Open(folder);
        store.Verify(default);
        using var writer = new EmbeddedWriter(folder);
        var files = new SortedDictionary<string, int>(writer.Files().ToDictionary(f => f.Key, f => (int)f.Value.Content!.Value), StringComparer.Ordinal);
        if (files.Count == 0) return files;
        var queries = new Matrix(files.Count, Dimension, [.. files.Values.SelectMany(n => Vector(n))]);
        foreach (var (i, f) in files.Index())
        {
            var best = store.Search(queries, files.Count, SearchFilter.None, false, default)[i];
            Xunit.Assert.Contains(best, m => m.File == f.Key && m.Score > 0.99999);
            Xunit.Assert.Equal(files.Count, best.Count);
            break; // all rows answer each query: one query is enough to see them all
        }
        return files;
    }
}
