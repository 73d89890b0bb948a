using System.Globalization;
using NClip.Tests;
using Xunit;

namespace NClip.Data.Tests;

public class OrderTests
{
    private static string[] All { get; } = [.. Enumerable.Range(0, 30).Select(n => $"s{n:0000}")];

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(1000)]
    public void Each_epoch_has_every_sample_once_in_an_order_that_the_seed_decides(int window)
    {
        using var folder = new TemporaryFolder();
        var source = folder.Shards();
        string[] Read(ulong seed) => TestData.Keys(new SampleOrder(source, new OrderOptions(seed, Window: window, Epochs: 2)).Read());
        var first = Read(1);
        Assert.Equal(All, first[..30].Order());
        Assert.Equal(All, first[30..].Order());
        Assert.NotEqual(first[..30], first[30..]);
        Assert.Equal(first, Read(1));
        Assert.NotEqual(first, Read(2));
    }

    [Fact]
    public void The_order_is_the_same_on_every_machine()
    {
        using var folder = new TemporaryFolder();
        var keys = TestData.Keys(new SampleOrder(folder.Shards(), new OrderOptions(7, Window: 4, Epochs: 1)).Read());
        // Computed by the same rules in Python.
        Assert.Equal("10 12 11 13 14 17 16 15 19 20 18 21 25 23 24 22 28 27 26 29 3 0 2 1 5 6 7 4 9 8", string.Join(' ', keys.Select(k => int.Parse(k.AsSpan(1), CultureInfo.InvariantCulture))));
    }

    [Fact]
    public void Without_shuffling_the_order_is_the_sources()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(All, TestData.Keys(new SampleOrder(folder.Shards(), new OrderOptions(Shuffle: false, Epochs: 1)).Read()));
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    public void The_order_goes_on_exactly_after_every_sample(bool shuffle, int worlds)
    {
        using var folder = new TemporaryFolder();
        var order = new SampleOrder(folder.Shards(), new OrderOptions(3, shuffle, Window: 7, Rank: worlds - 1, Worlds: worlds));
        var samples = order.Read().Take(95).ToArray();
        foreach (var at in Enumerable.Range(0, 80))
        {
            var json = samples[at].Next.ToJson();
            Assert.InRange(json.Length, 50, 300);
            var state = OrderState.FromJson(json);
            Assert.Equal(TestData.Keys(samples[(at + 1)..(at + 15)]), TestData.Keys(order.Read(state).Take(14)));
        }
    }

    [Fact]
    public void A_finite_order_that_goes_on_ends_where_it_would_have()
    {
        using var folder = new TemporaryFolder();
        var order = new SampleOrder(folder.Shards(), new OrderOptions(3, Window: 7, Epochs: 2));
        var samples = order.Read().ToArray();
        Assert.Equal(60, samples.Length);
        for (var at = 0; at < 60; at++) Assert.Equal(TestData.Keys(samples[(at + 1)..]), TestData.Keys(order.Read(samples[at].Next)));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Every_sample_is_seen_by_one_rank(int worlds)
    {
        using var folder = new TemporaryFolder();
        var source = folder.Shards();
        for (var epoch = 0; epoch < 2; epoch++)
            Assert.Equal(All, Enumerable.Range(0, worlds).SelectMany(rank => new SampleOrder(source, new OrderOptions(1, Rank: rank, Worlds: worlds, Epochs: 2)).Read().Where(s => s.Epoch == epoch)).Select(s => s.Sample.Key).Order());
    }

    [Fact]
    public void Rows_of_a_table_are_shuffled_as_a_whole()
    {
        using var folder = new TemporaryFolder();
        var table = folder.Write("t.csv", "image,caption\n" + string.Concat(All.Select(k => $"{k},x\n")));
        var keys = TestData.Keys(new SampleOrder(DataSource.Open(table), new OrderOptions(Window: 1, Epochs: 1)).Read());
        Assert.Equal(All, keys.Order());
        Assert.NotEqual(All, keys);
    }

    [Fact]
    public void Weights_decide_how_often_a_source_is_drawn_and_an_epoch_ends_when_all_were_seen()
    {
        using var folder = new TemporaryFolder();
        folder.Shard("a.tar", 0, 40);
        folder.Shard("b.tar", 100, 3);
        WeightedSource[] sources = [new(DataSource.Open(folder["a.tar"]), 3), new(DataSource.Open(folder["b.tar"]), 1)];
        var samples = new SampleOrder(sources, new OrderOptions(1, Epochs: 1)).Read().ToArray();
        var fromB = samples.Count(s => s.Sample.Source.EndsWith("b.tar", StringComparison.Ordinal));
        Assert.Equal(40, samples.Length - fromB);
        Assert.InRange(fromB, 5, 30);
        var endless = new SampleOrder(sources, new OrderOptions(1, Window: 10));
        Assert.InRange(endless.Read().Take(2000).Count(s => s.Sample.Source.EndsWith("a.tar", StringComparison.Ordinal)), 1430, 1570);
        var some = endless.Read().Take(200).ToArray();
        foreach (var at in new[] { 0, 9, 10, 57, 123, 180 }) Assert.Equal(TestData.Keys(some[(at + 1)..]), TestData.Keys(endless.Read(some[at].Next).Take(199 - at)));
    }

    [Fact]
    public void A_position_of_other_data_is_refused()
    {
        using var folder = new TemporaryFolder();
        var source = folder.Shards();
        var state = new SampleOrder(source, new OrderOptions(1)).Read().First().Next;
        Assert.Throws<DataException>(() => new SampleOrder(source, new OrderOptions(2)).Read(state));
        Assert.Throws<DataException>(() => new SampleOrder(DataSource.Open(folder["train-{000..001}.tar"]), new OrderOptions(1)).Read(state));
        Assert.Throws<DataException>(() => OrderState.FromJson("{}"));
        Assert.Throws<DataException>(() => OrderState.FromJson("no"));
    }

    [Fact]
    public void A_rank_without_samples_is_told_so_instead_of_waiting_for_ever()
    {
        using var folder = new TemporaryFolder();
        var source = DataSource.Open(folder.Shard("a.tar", 0, 1));
        Assert.Contains("rank 1 of 2", Assert.Throws<DataException>(() => new SampleOrder(source, new OrderOptions(Rank: 1, Worlds: 2)).Read().First()).Message);
    }

    [Fact]
    public void Random_orders_are_fair()
    {
        var counts = new int[24];
        for (var n = 0; n < 24_000; n++)
        {
            var p = SampleRandom.Of(5, "test", number: n).Permutation(4);
            counts[(p[0] * 6) + (((p[1] - (p[1] > p[0] ? 1 : 0)) * 2) + (p[2] > p[3] ? 1 : 0))]++;
        }
        Assert.All(counts, c => Assert.InRange(c, 850, 1150));
    }
}
