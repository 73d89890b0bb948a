using System.Text.Json;
using NClip.Images;
using NClip.Tests;
using Xunit;

namespace NClip.Data.Tests;

public class BatchLoaderTests
{
    private static readonly Evaluation _plain = new(new ImagePipeline(TestData.Spec));

    private static MemorySource Numbers(int count, Func<int, bool>? broken = null) => new([.. Enumerable.Range(0, count).Select(i => broken?.Invoke(i) == true ? (i % 2 == 0 ? null : [1, 2, 3]) : TestData.Picture(i))]);

    private static async Task<List<(string[] Keys, float[] Pixels, string[] Captions, OrderState Next)>> Batches(BatchLoader loader, int most = int.MaxValue, OrderState? from = null)
    {
        var result = new List<(string[], float[], string[], OrderState)>();
        await foreach (var batch in loader.ReadAsync(from))
        {
            using var _ = batch;
            result.Add(([.. batch.Samples.Select(s => s.Key)], batch.Pixels.ToArray(), [.. batch.Captions], batch.Next));
            if (result.Count == most) break;
        }
        return result;
    }

    [Fact]
    public async Task Batches_hold_the_pictures_and_texts_of_the_shards()
    {
        using var folder = new TemporaryFolder();
        var batches = await Batches(new BatchLoader(new SampleOrder(folder.Shards(), new OrderOptions(Shuffle: false, Epochs: 1)), _plain, new BatchOptions(8)));
        Assert.Equal([8, 8, 8, 6], batches.Select(b => b.Keys.Length));
        var n = 0;
        foreach (var (_, pixels, captions, _) in batches)
            for (var i = 0; i < captions.Length; i++, n++)
            {
                Assert.Equal(n, TestData.Number(pixels.AsSpan(i * 36), 12));
                Assert.Equal($"picture {n}", captions[i]);
            }
        Assert.Equal(30, n);
    }

    [Fact]
    public async Task Batches_are_the_same_with_any_number_of_workers()
    {
        var lively = new Augmentation(TestData.Spec, new AugmentationOptions(0.1, 1, FlipChance: 0.5, Jitter: new ColourJitter(0.4, 0.4, 0.4, 0.1)));
        async Task<string> Run(int workers) => JsonSerializer.Serialize((await Batches(new BatchLoader(new SampleOrder(Numbers(150, i => i % 40 == 7), new OrderOptions(2, Window: 20)), lively, new BatchOptions(16, workers)), 20)).Select(b => new { b.Keys, b.Pixels, b.Captions }));
        var one = await Run(1);
        Assert.Equal(one, await Run(3));
        Assert.Equal(one, await Run(8));
    }

    [Fact]
    public async Task A_run_goes_on_with_the_next_batch()
    {
        BatchLoader Loader() => new(new SampleOrder(Numbers(100, i => i % 13 == 3), new OrderOptions(5, Window: 30)), _plain, new BatchOptions(8, 3));
        var all = await Batches(Loader(), 30);
        foreach (var at in new[] { 0, 5, 11, 12, 20 })
        {
            var rest = await Batches(Loader(), 5, OrderState.FromJson(all[at].Next.ToJson()));
            Assert.Equal(all.Skip(at + 1).Take(5).SelectMany(b => b.Keys), rest.SelectMany(b => b.Keys));
            Assert.Equal(all.Skip(at + 1).Take(5).SelectMany(b => b.Captions), rest.SelectMany(b => b.Captions));
        }
    }

    [Fact]
    public async Task Another_epoch_chooses_another_caption()
    {
        var batches = await Batches(new BatchLoader(new SampleOrder(Numbers(30), new OrderOptions(Shuffle: false, Epochs: 3)), _plain, new BatchOptions(30)));
        Assert.Equal(3, batches.Count);
        Assert.Equal(3, batches.Select(b => string.Join('|', b.Captions)).Distinct().Count());
        Assert.Equal(3, batches[0].Captions.Select(c => c.Split(' ')[0]).Distinct().Count());
    }

    [Fact]
    public async Task Broken_samples_go_to_the_ledger_once_and_the_next_ones_take_their_place()
    {
        using var folder = new TemporaryFolder();
        using (var ledger = new BrokenSamples(folder["broken.jsonl"]))
        {
            var batches = await Batches(new BatchLoader(new SampleOrder(Numbers(20, i => i is 4 or 9), new OrderOptions(Shuffle: false, Epochs: 2)), _plain, new BatchOptions(6), ledger));
            Assert.Equal([6, 6, 6, 6, 6, 6], batches.Select(b => b.Keys.Length));
            Assert.Equal(4, ledger.Count);
            Assert.Equal(2, ledger.BySource["memory"]);
        }
        var lines = File.ReadLines(folder["broken.jsonl"]).Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        Assert.Equal(["m4", "m9"], lines.Select(l => l.GetProperty("key").GetString()));
        Assert.Equal("it was lost", lines[0].GetProperty("reason").GetString());
        Assert.Contains("unknown bytes", lines[1].GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Too_many_broken_samples_stop_the_run_with_the_reason()
    {
        var e = await Assert.ThrowsAsync<DataException>(() => Batches(new BatchLoader(new SampleOrder(Numbers(300, i => i % 4 == 0), new OrderOptions()), _plain, new BatchOptions(8, MaxBroken: 0.2))));
        Assert.Contains("it was lost", e.Message);
        Assert.Contains("of 100 samples", e.Message);
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(1, 1)]
    public async Task Data_without_one_good_sample_ends_with_an_error_instead_of_going_on_for_ever(double most, int? epochs)
    {
        var loader = new BatchLoader(new SampleOrder(Numbers(5, _ => true), new OrderOptions(Epochs: epochs)), _plain, new BatchOptions(8, MaxBroken: most));
        Assert.Contains("not one sample", (await Assert.ThrowsAsync<DataException>(() => Batches(loader))).Message);
    }

    [Fact]
    public async Task A_sample_without_any_text_is_broken_unless_texts_are_not_needed()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["a.ppm"], TestData.Picture(1));
        File.WriteAllBytes(folder["b.ppm"], TestData.Picture(2));
        folder.Write("b.txt", "bee");
        var order = new SampleOrder(DataSource.Open(folder.Path), new OrderOptions(Shuffle: false, Epochs: 1));
        Assert.Equal(["b.ppm"], (await Batches(new BatchLoader(order, _plain))).Single().Keys);
        Assert.Equal(["", "bee"], (await Batches(new BatchLoader(order, _plain, new BatchOptions(NeedsText: false)))).Single().Captions);
    }

    [Fact]
    public async Task An_early_end_leaves_no_reader_open_and_no_worker_running()
    {
        var source = Numbers(5000);
        var loader = new BatchLoader(new SampleOrder(source, new OrderOptions(Window: 50)), _plain, new BatchOptions(16, 4));
        Assert.Single(await Batches(loader, 1));
        Assert.Equal(0, source.Open);

        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var batch in loader.ReadAsync(null, stop.Token))
            {
                batch.Dispose();
                await stop.CancelAsync();
            }
        });
        Assert.Equal(0, source.Open);
    }

    [Fact]
    public async Task A_transform_that_throws_anything_costs_the_sample_and_not_the_run()
    {
        var loader = new BatchLoader(new SampleOrder(Numbers(50), new OrderOptions(Shuffle: false, Epochs: 1)), new Moody(), new BatchOptions(50));
        Assert.Equal(48, (await Batches(loader)).Single().Keys.Length);
        Assert.Equal(2, loader.Broken.Count);
    }

    [Fact]
    public async Task Pixels_of_a_batch_that_is_done_with_are_used_again()
    {
        var seen = new HashSet<float[]>(ReferenceEqualityComparer.Instance);
        await foreach (var batch in new BatchLoader(new SampleOrder(Numbers(100), new OrderOptions()), _plain, new BatchOptions(10)).ReadAsync())
        {
            System.Runtime.InteropServices.MemoryMarshal.TryGetArray(batch.Pixels, out var segment);
            seen.Add(segment.Array!);
            batch.Dispose();
            Assert.Throws<ObjectDisposedException>(() => batch.Pixels);
            if (batch.Epoch == 20) break;
        }
        Assert.InRange(seen.Count, 1, 8);
    }

    private sealed class Moody : ISampleTransform
    {
        public int Width => 4;

        public int Height => 3;

        public void Apply(ReadOnlyMemory<byte> encoded, string name, SampleRandom random, Span<float> destination)
        {
            if (name.EndsWith("/m7", StringComparison.Ordinal)) throw new InvalidOperationException("not today");
            if (name.EndsWith("/m8", StringComparison.Ordinal)) throw new OperationCanceledException("nor now");
            destination.Clear();
        }
    }
}
