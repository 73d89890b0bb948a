using System.Formats.Tar;
using System.Text;
using System.Text.Json;
using NClip.Data;
using NClip.Foundation;

namespace NClip.Training.Data;

/// <summary>Captions for pictures whose class is a sense of WordNet: its names, and what stands above it.</summary>
internal sealed class ClassCaptions
{
    /// <summary>Senses above a class that are named, the nearest first.</summary>
    private const int Above = 3;

    private readonly Dictionary<string, string[]> _names;
    private readonly WordNet _words;

    /// <param name="classes">JSON: WordNet id to names, <c>{"n01443537": ["goldfish", ...]}</c>.</param>
    /// <param name="nouns">WordNet's data.noun.</param>
    /// <exception cref="ClipException">A file cannot be read.</exception>
    public ClassCaptions(string classes, string nouns)
    {
        try
        {
            _names = JsonSerializer.Deserialize<Dictionary<string, string[]>>(File.ReadAllBytes(classes))!;
            _words = new WordNet(nouns);
        }
        catch (Exception e) when (FileRefusal.Is(e) || e is JsonException)
        {
            throw new ClipException($"the classes or WordNet cannot be read: {e.Message} Expected: {{\"n01443537\": [\"goldfish\", ...]}}, and data.noun of WordNet 3.0 (Debian: wordnet-base).", classes, e);
        }
    }

    /// <summary>The captions of a class, each once.</summary>
    public IReadOnlyList<string> Of(string id)
    {
        var names = _names[id];
        var above = _words.Contains(id) ? _words.Above(id).Take(Above).Select(s => s.Words[0]).ToArray() : [];
        return [.. names.Select(n => $"a photo of a {n}."), .. above.Select(a => $"a {names[0]}, a kind of {a}."), $"a small picture of a {names[0]}.", names[0]];
    }

    /// <summary>Writes a shard's pictures with captions (KEY.jpg, KEY.txt) and classes (KEY.cls).</summary>
    /// <param name="shard">Pictures with classes.</param>
    /// <param name="kept">Where most go.</param>
    /// <param name="heldOut">Where each <paramref name="every"/>-th goes, for measuring; null: nowhere else.</param>
    /// <param name="every">2 or more.</param>
    /// <returns>Pictures in both.</returns>
    /// <exception cref="ClipException">The shard cannot be read, a class has no name, or a shard cannot be written.</exception>
    public (int Kept, int Held) Pack(string shard, string kept, string? heldOut, int every)
    {
        using var first = new NewFile(kept);
        using var second = heldOut is null ? null : new NewFile(heldOut);
        var (counts, tars) = (new int[2], new[] { new TarWriter(first.Stream, TarEntryFormat.Ustar, leaveOpen: true), second is null ? null : new TarWriter(second.Stream, TarEntryFormat.Ustar, leaveOpen: true) });
        foreach (var (i, sample) in DataSource.Open(shard).ReadAll().Index())
        {
            if (sample.Fault is { } fault) throw new ClipException(fault, $"{sample.Source}/{sample.Key}");
            if (sample.Label is not { } label || !_names.ContainsKey(label)) throw new ClipException($"its class is '{Shown.Name(sample.Label ?? "")}', which the file of classes does not have.", $"{sample.Source}/{sample.Key}");
            var to = second is not null && i % every == every - 1 ? 1 : 0;
            counts[to]++;
            Add(tars[to]!, sample.Key + ".jpg", sample.Image);
            Add(tars[to]!, sample.Key + ".txt", Encoding.UTF8.GetBytes(string.Join('\n', Of(label)) + "\n"));
            Add(tars[to]!, sample.Key + ".cls", Encoding.UTF8.GetBytes(label));
            sample.Release();
        }
        foreach (var tar in tars) tar?.Dispose();
        first.Complete();
        second?.Complete();
        return (counts[0], counts[1]);
    }

    private static void Add(TarWriter tar, string name, ReadOnlyMemory<byte> bytes) =>
        tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(bytes.ToArray()), ModificationTime = DateTimeOffset.UnixEpoch });
}
