using NClip.Architectures;
using NClip.Hub;
using NClip.Tests.Cli;
using Xunit;

namespace NClip.Tests.Hub;

public sealed class CachedModelsTests : IDisposable
{
    private readonly FakeHub _hub = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _hub.Dispose();

    [Fact]
    public async Task The_list_names_what_is_here_and_each_name_resolves_offline()
    {
        await _hub.ResolveAsync(cancellationToken: Stop);
        Directory.CreateDirectory(Path.Combine(_hub.Options.ApplicationFolder, "nclip-mini"));

        using var hub = _hub.Open(o => o with { Offline = true });
        var models = hub.ListCached(ModelFamily.Types);
        Assert.Equal(["nclip-mini", FakeHub.Repository], models.Select(m => m.Name));
        Assert.All(models, m => Assert.True(m.IsWhole));
        Assert.Equal(300_000 + _hub["config.json"].Length + _hub["tokenizer.json"].Length, models[1].Bytes);
        foreach (var m in models) Assert.Equal(m.Path, await hub.ResolveAsync(m.Name, cancellationToken: Stop));
    }

    [Fact]
    public async Task A_stopped_download_is_listed_as_not_whole_and_other_kinds_of_models_are_not_listed()
    {
        _hub.OverrideStore = r => FakeHub.Send(r, FakeHub.Weights, cutAfter: 10);
        await Assert.ThrowsAsync<HubException>(() => _hub.ResolveAsync(change: o => o with { Attempts = 1 }, cancellationToken: Stop));
        var other = Directory.CreateDirectory(Path.Combine(_hub.CacheFolder, "models--org--language", "snapshots", FakeHub.Commit)).FullName;
        await File.WriteAllTextAsync(Path.Combine(other, "config.json"), """{"model_type": "llama"}""", Stop);
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(other.Replace("language", "odd", StringComparison.Ordinal)).FullName, "config.json"), "[", Stop);

        using var hub = _hub.Open();
        var model = Assert.Single(hub.ListCached(ModelFamily.Types));
        Assert.Equal($"{FakeHub.Repository}@{FakeHub.Commit}", model.Name);
        Assert.False(model.IsWhole);
    }

    [Fact]
    public void The_repositories_that_are_listed_are_those_whose_family_is_read()
    {
        string[] others = ["siglip2_vision_model", "clip_vision_model", "siglip_vision_model", "clip_text_model", "llama"];
        foreach (var type in ModelFamily.Types.Concat(others))
        {
            var snapshot = Directory.CreateDirectory(Path.Combine(_hub.CacheFolder, $"models--org--{type}", "snapshots", FakeHub.Commit)).FullName;
            File.WriteAllText(Path.Combine(snapshot, "config.json"), $$"""{"model_type": "{{type}}"}""");
        }
        using var hub = _hub.Open();
        Assert.Equal(ModelFamily.Types.Select(t => $"org/{t}@{FakeHub.Commit}").Order(StringComparer.Ordinal), hub.ListCached(ModelFamily.Types).Select(m => m.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void An_empty_machine_has_an_empty_list()
    {
        using var hub = _hub.Open();
        Assert.Empty(hub.ListCached(ModelFamily.Types));
    }

    [Fact]
    public async Task A_name_whose_download_was_stopped_is_still_offered()
    {
        var clip = Path.Combine(OwnHome.Folder, ".cache", "clip");
        Directory.CreateDirectory(clip);
        await File.WriteAllBytesAsync(Path.Combine(clip, "RN50x64.pt.incomplete"), new byte[2_000_000], Stop);
        await File.WriteAllBytesAsync(Path.Combine(clip, "RN50x16.pt.incomplete"), [], Stop);
        var lines = (await Call.Nclip("model", "list")).Output.Split('\n', StringSplitOptions.TrimEntries);
        Assert.Contains("RN50x64  2 MB  OpenAI, not complete", lines);
        Assert.All(KnownModels.All, k => Assert.Contains(k.Name, lines));
        Assert.DoesNotContain(lines, l => l.StartsWith("RN50x16 ", StringComparison.Ordinal));
    }
}
