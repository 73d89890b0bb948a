using System.Formats.Tar;
using System.Text;
using NClip.Images;
using NClip.Tests;

namespace NClip.Data.Tests;

/// <summary>Small pictures, shards and sources.</summary>
internal static class TestData
{
    public static string Coffee { get; } = Path.Combine(Reference.Root, "samples", "coffee.png");

    /// <summary>A PPM picture of one colour, which the number chooses.</summary>
    public static byte[] Picture(int number, int width = 4, int height = 3)
    {
        var pixels = Enumerable.Range(0, width * height).SelectMany(_ => new[] { (byte)number, (byte)(number >> 8), (byte)7 });
        return [.. Encoding.ASCII.GetBytes($"P6\n{width} {height}\n255\n"), .. pixels];
    }

    /// <summary>The number of a picture that a loader gave, from its first red and green value (not normalised: mean 0, deviation 1).</summary>
    public static int Number(ReadOnlySpan<float> pixels, int plane) => (int)MathF.Round(pixels[0] * 255) + ((int)MathF.Round(pixels[plane] * 255) << 8);

    public static void Tar(string path, params IEnumerable<(string Name, byte[] Bytes)> members)
    {
        using var tar = new TarWriter(File.Create(path), TarEntryFormat.Ustar);
        foreach (var (name, bytes) in members) tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(bytes) });
    }

    /// <summary>A shard with pictures of the numbers, each with a caption.</summary>
    public static string Shard(this TemporaryFolder folder, string name, int first, int count)
    {
        Tar(folder[name], Enumerable.Range(first, count).SelectMany(n => new[] { ($"s{n:0000}.ppm", Picture(n)), ($"s{n:0000}.txt", Encoding.UTF8.GetBytes($"picture {n}")) }));
        return folder[name];
    }

    /// <summary>Three shards of 10, 7 and 13 samples.</summary>
    public static ISampleSource Shards(this TemporaryFolder folder)
    {
        folder.Shard("train-000.tar", 0, 10);
        folder.Shard("train-001.tar", 10, 7);
        folder.Shard("train-002.tar", 17, 13);
        return DataSource.Open(folder["train-{000..002}.tar"]);
    }

    public static string[] Keys(IEnumerable<DrawnSample> samples) => [.. samples.Select(s => s.Sample.Key)];

    /// <summary>4 x 3 pixels, values 0..1.</summary>
    public static PreprocessSpec Spec { get; } = new(4, 3, [0, 0, 0], [1, 1, 1], ResizeMode.Squash);
}

/// <summary>Samples in memory, which tells whether a reader was left open.</summary>
internal sealed class MemorySource(params byte[]?[] pictures) : ISampleSource
{
    public int Open { get; private set; }

    public string Name => "memory";

    public int PartCount => 1;

    public string PartName(int part) => "memory";

    public IEnumerable<RawSample> Read(int part, int skip, CancellationToken cancellationToken)
    {
        Open++;
        try
        {
            for (var i = skip; i < pictures.Length; i++)
                yield return pictures[i] is { } picture
                    ? new RawSample { Key = $"m{i}", Source = Name, Position = i, Image = picture, Captions = [$"picture {i}", $"the same {i}", $"again {i}"] }
                    : RawSample.Broken($"m{i}", Name, i, "it was lost");
        }
        finally
        {
            Open--;
        }
    }
}
