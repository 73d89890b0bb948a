using NClip.Search;
using NClip.Server.Galleries;
using Xunit;

namespace NClip.Server.Tests;

/// <summary>The list of pictures, by a clock that is set.</summary>
public sealed class CatalogTests
{
    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 11, 27, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    [Fact]
    public async Task It_is_read_again_when_something_was_written_and_only_then()
    {
        await using var server = await Served.StartAsync();
        var (clock, stop) = (new Clock(), TestContext.Current.CancellationToken);
        var catalog = new Catalog(server.Gallery, clock);
        var first = catalog.All(stop);
        Assert.Equal(3, first.Count);
        clock.Now += TimeSpan.FromMinutes(1);
        Assert.Same(first, catalog.All(stop));
        File.Copy(Served.Sample("coffee.png"), Path.Combine(server.Photos, "later.png"));
        using (var indexer = new GalleryIndexer(server.Where, server.Clip, server.Gallery.Model!)) await indexer.IndexAsync([server.Photos], cancellationToken: stop);
        Assert.Same(first, catalog.All(stop)); // half a minute has not passed
        clock.Now += TimeSpan.FromMinutes(1);
        Assert.Equal(4, catalog.All(stop).Count);
    }
}
