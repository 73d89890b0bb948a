using System.IO.Compression;
using NClip.Tests;
using Xunit;

namespace NClip.Data.Tests;

public class DamagedShardTests
{
    [Fact]
    public void A_shard_cut_at_any_byte_is_named_and_what_came_before_is_used()
    {
        using var folder = new TemporaryFolder();
        var whole = File.ReadAllBytes(folder.Shard("a.tar", 0, 3));
        for (var cut = 0; cut < whole.Length; cut++)
        {
            using var members = new TarMembers(() => new MemoryStream(whole, 0, cut));
            var samples = ShardSamples.Read(members, "a.tar", 0, true).ToArray();
            var good = samples.Where(s => s.Fault is null).ToArray();
            // A sample is two headers and two blocks of contents, the last of which has 9 bytes. The first sample is certain
            // only when another begins: whether it had more members nobody knows.
            var expected = cut >= 4096 + 1545 ? 3 : cut >= 2048 + 1545 ? 2 : cut >= 2048 + 512 ? 1 : 0;
            Assert.True(good.Length == expected, $"cut at {cut}: {good.Length} samples, expected {expected}");
            Assert.All(good, (s, i) => Assert.Equal((TestData.Picture(i), $"picture {i}"), (s.Image.ToArray(), s.Captions.Single()), new BytesAndText()));
            if (cut < 6144 + 512) Assert.Contains("cut off", Assert.Single(samples, s => s.Fault is not null).Fault);
            else Assert.DoesNotContain(samples, s => s.Fault is not null);    // the end mark is there
        }
    }

    [Fact]
    public void A_shard_with_any_byte_changed_is_read_or_named()
    {
        using var folder = new TemporaryFolder();
        var whole = File.ReadAllBytes(folder.Shard("a.tar", 0, 2));
        for (var at = 0; at < 4096; at++)
            foreach (var value in new byte[] { 0, 0xFF, (byte)(whole[at] ^ 1) })
            {
                var damaged = (byte[])whole.Clone();
                damaged[at] = value;
                using var members = new TarMembers(() => new MemoryStream(damaged));
                Assert.InRange(ShardSamples.Read(members, "a.tar", 0, true).Count(), 1, 4);
            }
    }

    [Fact]
    public void A_compressed_shard_that_is_cut_is_named()
    {
        using var folder = new TemporaryFolder();
        folder.Shard("a.tar", 0, 40);
        using (var gzip = new GZipStream(File.Create(folder["a.tgz"]), CompressionLevel.Fastest)) gzip.Write(File.ReadAllBytes(folder["a.tar"]));
        var whole = File.ReadAllBytes(folder["a.tgz"]);
        for (var cut = 0; cut < whole.Length * 9 / 10; cut += 41)
        {
            File.WriteAllBytes(folder["cut.tar.gz"], whole[..cut]);
            var samples = DataSource.Open(folder["cut.tar.gz"]).ReadAll().ToArray();
            Assert.Equal(Enumerable.Range(0, samples.Length - 1).Select(n => $"picture {n}"), samples[..^1].Select(s => s.Captions.Single()));
            Assert.Contains("cut off", samples[^1].Fault);
        }
    }

    [Fact]
    public void A_shard_that_vanishes_after_the_start_is_a_broken_sample()
    {
        using var folder = new TemporaryFolder();
        var source = folder.Shards();
        File.Delete(folder["train-001.tar"]);
        var samples = source.ReadAll().ToArray();
        Assert.Equal(23, samples.Count(s => s.Fault is null));
        Assert.Contains("cannot be opened", Assert.Single(samples, s => s.Fault is not null).Fault);
    }

    [Fact]
    public void Skipping_gives_the_same_samples_as_reading_them_away()
    {
        using var folder = new TemporaryFolder();
        var whole = File.ReadAllBytes(folder.Shard("a.tar", 0, 5));
        foreach (var length in new[] { whole.Length, 9000 })
            for (var skip = 0; skip < 7; skip++)
            {
                using var all = new TarMembers(() => new MemoryStream(whole, 0, length));
                using var rest = new TarMembers(() => new MemoryStream(whole, 0, length));
                Assert.Equal(ShardSamples.Read(all, "a", 0, true).Skip(skip).Select(s => (s.Key, s.Position, s.Fault is null)), ShardSamples.Read(rest, "a", skip, true).Select(s => (s.Key, s.Position, s.Fault is null)));
            }
    }

    private sealed class BytesAndText : IEqualityComparer<(byte[] Bytes, string Text)>
    {
        public bool Equals((byte[] Bytes, string Text) a, (byte[] Bytes, string Text) b) => a.Text == b.Text && a.Bytes.AsSpan().SequenceEqual(b.Bytes);

        public int GetHashCode((byte[] Bytes, string Text) x) => x.Text.GetHashCode(StringComparison.Ordinal);
    }
}
