using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using NClip.Cli;
using NClip.Foundation;
using NClip.Search.Shards;

namespace NClip.Search;

/// <summary>A picture of a manifest.</summary>
/// <param name="File">Its path from the manifest's root on, divided by <c>/</c>.</param>
/// <param name="Bytes">Its size when the manifest was made.</param>
/// <param name="Sha256">SHA-256 of its content, 64 hexadecimal digits; null: not noted.</param>
public sealed record ManifestSample(string File, long Bytes, string? Sha256 = null);

/// <summary>
/// Pictures below one folder in a fixed order, divided into shards of neighbours: who has the manifest knows what belongs to a shard, so that any number of workers
/// on any machines can embed them without asking each other. As a file it is JSON (docs/scale.md).
/// </summary>
public sealed class EmbeddingManifest
{
    // Shards of this many pictures begin at multiples of the other number: the tower's batches then fall as they would in one run over all.
    private const int Large = 1024, Aligned = 64, PicturesAShard = 10_000;

    private readonly Lazy<string> _digest;

    internal EmbeddingManifest(string root, int shards, IReadOnlyList<ManifestSample> samples)
        => (Root, Shards, Samples, _digest) = (root, shards, samples, new(DigestOf));

    /// <summary>Full path of the folder that the pictures lie below. It says where they are and is no part of <see cref="Digest"/>: another machine may have them elsewhere.</summary>
    public string Root { get; }

    /// <summary>How many shards there are, 1 to the number of pictures.</summary>
    public int Shards { get; }

    /// <summary>The pictures in their order.</summary>
    public IReadOnlyList<ManifestSample> Samples { get; }

    /// <summary>One number for what is to be embedded and how it is divided: the first 16 bytes of a SHA-256 in hexadecimal.</summary>
    public string Digest => _digest.Value;

    /// <summary>Makes a manifest of files.</summary>
    /// <param name="files">The pictures, each once, in the order that they shall have.</param>
    /// <param name="root">A folder that is above all of them; null: the deepest there is.</param>
    /// <param name="shards">How many shards; null: one for each 10,000 pictures.</param>
    /// <param name="digests">Whether each file's SHA-256 is noted beside its size. All files are read for it, now and by the workers.</param>
    /// <param name="progress">Told how many files were looked at.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="SearchException">There are no files, more shards than files, a file that is not there, not below the root, or named twice.</exception>
    public static EmbeddingManifest Create(IReadOnlyList<string> files, string? root = null, int? shards = null, bool digests = false, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        string[] paths = [.. Given.All(files, "file", "files").Select(Path.GetFullPath)];
        if (paths.Length == 0) throw new SearchException("there is no picture for a manifest. Name folders or files with pictures.");
        var top = root is null ? ManifestFiles.Above(paths) : Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        var samples = new List<ManifestSample>(paths.Length);
        foreach (var sample in Ordered.Select(paths, Environment.ProcessorCount, p => ManifestFiles.Sample(p, top, digests), cancellationToken))
        {
            samples.Add(sample);
            progress?.Report(samples.Count);
        }
        return ManifestJson.Checked("the manifest", top, shards ?? (samples.Count + PicturesAShard - 1) / PicturesAShard, samples);
    }

    /// <summary>Reads a manifest.</summary>
    /// <param name="file">Its file.</param>
    /// <param name="root">Where the pictures lie on this machine; null: where the manifest says, from its own folder on if that is no full path.</param>
    /// <exception cref="SearchException">It cannot be read, was cut, names a sample twice or one outside of its root, or is of a newer form.</exception>
    public static EmbeddingManifest Read(string file, string? root = null) => ManifestJson.Read(Given.One(file, "manifest's file"), root);

    /// <summary>Writes the manifest; the file appears when it is whole.</summary>
    /// <param name="file">Its file, replaced if it is there.</param>
    /// <exception cref="SearchException">It cannot be written.</exception>
    public void Write(string file)
    {
        try { NewFile.Write(Given.One(file, "manifest's file"), to => ManifestJson.Write(to, this)); }
        catch (Exception e) when (FileRefusal.Is(e)) { throw new SearchException($"cannot be written: {FileRefusal.Why(e)}", file, e); }
    }

    /// <summary>Which pictures a shard has: the first of them, and how many.</summary>
    /// <param name="shard">Its number, from 0 on.</param>
    /// <exception cref="SearchException">There is no such shard.</exception>
    public (int First, int Count) Shard(int shard)
    {
        if (shard < 0 || shard >= Shards) throw new SearchException(FormattableString.Invariant($"shard {shard} was asked for, and this manifest has {Shards}: their numbers are 0 to {Shards - 1}."));
        var first = Begin(shard);
        return (first, Begin(shard + 1) - first);
    }

    /// <summary>The full path of a picture here.</summary>
    internal string PathOf(int sample) => Path.Join(Root, Path.DirectorySeparatorChar == '/' ? Samples[sample].File : Samples[sample].File.Replace('/', Path.DirectorySeparatorChar));

    private int Begin(int shard)
    {
        var at = (int)((long)shard * Samples.Count / Shards);
        return shard < Shards && Samples.Count / Shards >= Large ? at - (at % Aligned) : at;
    }

    private string DigestOf()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(FormattableString.Invariant($"nclip manifest {ManifestJson.Version}"));
        Append(FormattableString.Invariant($"{Shards} {Samples.Count}"));
        foreach (var s in Samples) Append(FormattableString.Invariant($"{s.Bytes} {s.Sha256} {s.File}"));
        return Convert.ToHexStringLower(hash.GetHashAndReset()[..16]);

        void Append(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            Span<byte> length = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }
    }
}
