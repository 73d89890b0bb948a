using System.Text;
using NClip.Tests;
using Xunit;

namespace NClip.Search.Tests.Shards;

/// <summary>Small pictures, one of them broken, with their manifest, and a tiny model that embeds them.</summary>
internal sealed class ShardFolder : IDisposable
{
    public const int Pictures = 11, Shards = 3, Broken = 5; // picture 5 is shard 1's

    private readonly TemporaryFolder _folder = new();

    public ShardFolder()
    {
        foreach (var i in Enumerable.Range(0, Pictures)) Picture(i, (byte)(i * 9));
        _folder.Write($"photos/{Broken:00}.ppm", "no picture");
        Manifest = EmbeddingManifest.Create([.. Directory.EnumerateFiles(Photos).Order(StringComparer.Ordinal)], shards: Shards, cancellationToken: Stop);
        Model = GalleryModel.Of(Clip, null, new ClipOptions(BatchSize: 2), Stop);
    }

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    public Clip Clip { get; } = Clip.Open(Reference.Path("model_tiny/a3_openai_vit_real_vocab/model_f16.safetensors"), options: new ClipOptions(BatchSize: 2));

    public GalleryModel Model { get; }

    public EmbeddingManifest Manifest { get; }

    public string Photos => this["photos"];

    public string this[string name] => _folder[name];

    public string Write(string name, string text) => _folder.Write(name, text);

    public void Picture(int number, byte red)
        => File.WriteAllBytes(_folder.Write($"photos/{number:00}.ppm"), [.. Encoding.ASCII.GetBytes("P6\n8 6\n255\n"), .. Enumerable.Range(0, 48).SelectMany(i => new[] { red, (byte)(i * 5), (byte)9 })]);

    public EmbeddingShards In(string folder, EmbeddingManifest? manifest = null) => new(manifest ?? Manifest, this[folder]);

    public Task<ShardResult> Embed(string folder, int shard, bool retry = false, GalleryModel? model = null, EmbeddingManifest? manifest = null)
        => In(folder, manifest).EmbedAsync(shard, Clip, model ?? Model, retry, cancellationToken: Stop);

    /// <summary>A folder with all shards.</summary>
    public async Task<EmbeddingShards> All(string folder)
    {
        foreach (var s in Enumerable.Range(0, Shards)) await Embed(folder, s);
        return In(folder);
    }

    /// <summary>What a folder holds: names and bytes.</summary>
    public SortedDictionary<string, string> Content(string folder)
        => new(Directory.EnumerateFiles(this[folder]).ToDictionary(f => Path.GetFileName(f), f => Convert.ToHexString(File.ReadAllBytes(f))), StringComparer.Ordinal);

    public void Dispose()
    {
        Clip.Dispose();
        _folder.Dispose();
    }
}
