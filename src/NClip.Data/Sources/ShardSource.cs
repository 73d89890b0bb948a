using System.IO.Compression;
using NClip.Hub;

namespace NClip.Data;

/// <summary>WebDataset shards: tar files, here or at an http address, in which neighbours of one name up to the first dot are one sample.</summary>
public sealed class ShardSource : ISampleSource
{
    private readonly string[] _shards;
    private readonly SourceOptions _options;

    /// <param name="spec">Paths, patterns and addresses with braces.</param>
    /// <param name="options">How texts are read, and the network.</param>
    /// <param name="cancellationToken">Ends the questions to servers.</param>
    /// <exception cref="DataException">Shards are missing.</exception>
    /// <exception cref="HubException">A shard's server does not have it, or cannot be reached.</exception>
    public ShardSource(string spec, SourceOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(spec);
        (Name, _options, _shards) = (spec, options ?? new SourceOptions(), ShardNames.Expand(spec));
        var addresses = _shards.Where(ShardNames.IsAddress).Select(a => new Uri(a)).ToArray();
        if (addresses.Length > 0) RemoteShard.CheckAll(addresses, _options.Hub ?? HubOptions.FromEnvironment(), cancellationToken);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int PartCount => _shards.Length;

    /// <inheritdoc/>
    public string PartName(int part) => Path.GetFileName(ShardNames.IsAddress(_shards[part]) ? new Uri(_shards[part]).AbsolutePath : _shards[part]);

    /// <inheritdoc/>
    public IEnumerable<RawSample> Read(int part, int skip, CancellationToken cancellationToken)
    {
        using var members = new TarMembers(() => Open(_shards[part], cancellationToken));
        foreach (var sample in ShardSamples.Read(members, Shown(_shards[part]), skip, _options.CaptionPerLine)) yield return sample;
    }

    private Stream Open(string shard, CancellationToken cancellationToken)
    {
        Stream stream = ShardNames.IsAddress(shard)
            ? new RemoteShard(new Uri(shard), _options.Hub ?? HubOptions.FromEnvironment(), cancellationToken)
            : new FileStream(shard, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
        return ShardNames.IsCompressed(PartPath(shard)) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
    }

    private static string PartPath(string shard) => ShardNames.IsAddress(shard) ? new Uri(shard).AbsolutePath : shard;

    /// <summary>An address without what follows the question mark, which may be a signature.</summary>
    private static string Shown(string shard) => ShardNames.IsAddress(shard) ? new Uri(shard).GetLeftPart(UriPartial.Path) : shard;
}
