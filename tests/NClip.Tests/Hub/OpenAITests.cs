using NClip.Hub;
using NClip.Hub.Caches;
using Xunit;

namespace NClip.Tests.Hub;

/// <summary>OpenAI's own files: their hash stands in their address. The real bytes cannot be had here, so every download must be refused for its hash.</summary>
public sealed class OpenAITests : IDisposable
{
    private readonly FakeHub _hub = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _hub.Dispose();

    [Theory]
    [InlineData("ViT-B/32", "/clip/models/40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af/ViT-B-32.pt")]
    [InlineData("vit-l-14-336px", "/clip/models/3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02/ViT-L-14-336px.pt")]
    [InlineData("RN50x16", "/clip/models/52378b407f34354e150460fe41077663dd5b39c54cd0bfd2b27167a4a06ec9aa/RN50x16.pt")]
    public async Task A_name_is_asked_for_at_the_published_address_without_a_token_and_its_hash_is_compared(string name, string path)
    {
        _hub.OverrideStore = r => FakeHub.Send(r, FakeHub.Weights);
        var e = await Assert.ThrowsAsync<HubException>(() => _hub.ResolveAsync(name, o => o with { Token = "hf_secret" }, cancellationToken: Stop));

        Assert.Equal(HubError.Integrity, e.Error);
        var request = Assert.Single(_hub.Store.Requests);
        Assert.Equal(path, request.Path);
        Assert.False(request.Headers.ContainsKey("Authorization"));
        Assert.False(File.Exists(Path.Combine(_hub.OpenAIFolder, Path.GetFileName(path))));
    }

    [Fact]
    public async Task A_half_written_file_of_another_program_is_not_taken_for_the_model()
    {
        Directory.CreateDirectory(_hub.OpenAIFolder);
        var file = Path.Combine(_hub.OpenAIFolder, "RN50.pt");
        await File.WriteAllBytesAsync(file, FakeHub.Weights, Stop);

        var e = await Assert.ThrowsAsync<HubException>(() => _hub.ResolveAsync("RN50", o => o with { Offline = true }, cancellationToken: Stop));
        Assert.Equal(HubError.Offline, e.Error);
        Assert.Contains("sha256 differs", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_has_the_hash_is_found_and_hashed_once()
    {
        Directory.CreateDirectory(_hub.OpenAIFolder);
        var file = Path.Combine(_hub.OpenAIFolder, "any.pt");
        await File.WriteAllBytesAsync(file, FakeHub.Weights, Stop);
        var check = new VerifiedFiles(_hub.Options);
        var hash = FakeHub.Sha256(FakeHub.Weights);

        Assert.True(await check.IsVerifiedAsync(file, hash, Stop));
        Assert.True(File.Exists(Path.Combine(_hub.OpenAIFolder, ".verified", hash)));
        Assert.False(await check.IsVerifiedAsync(file, FakeHub.Sha256([]), Stop));

        var changed = FakeHub.Weights.ToArray();
        changed[^1]++;
        await File.WriteAllBytesAsync(file, changed, Stop);
        File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddSeconds(5));
        Assert.False(await check.IsVerifiedAsync(file, hash, Stop));
    }

    [Fact]
    public void All_nine_published_names_are_known_and_listed()
    {
        Assert.Equal(["RN50", "RN101", "RN50x4", "RN50x16", "RN50x64", "ViT-B/32", "ViT-B/16", "ViT-L/14", "ViT-L/14@336px"], OpenAIModel.All.Select(m => m.Name));
        Assert.All(OpenAIModel.All, m => Assert.Contains(KnownModels.All, k => k.Name == m.Name));
        Assert.All(KnownModels.All, k => Assert.IsNotType<ModelName.Embedded>(ModelName.Parse(k.Name, new Uri("https://huggingface.co"))));
    }
}
