using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using NClip.Extensions;
using NClip.Hub;
using NClip.Tests.Hub;
using Xunit;

namespace NClip.Tests.Extensions;

public sealed class AddClipTests
{
    private static string Tiny => Reference.Path("model_tiny/a3_openai_vit_real_vocab/model_f16.safetensors");

    [Fact]
    public async Task One_model_serves_texts_and_pictures()
    {
        await using var provider = new ServiceCollection().AddClip(Tiny).BuildServiceProvider();
        var texts = provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
        var pictures = provider.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>();

        Assert.Same(texts, pictures);
        Assert.Same(provider.GetRequiredService<Clip>(), texts.GetService(typeof(Clip)));
        Assert.Single(await texts.GenerateAsync(["a cat"], cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Nothing_is_loaded_before_it_is_asked_for_and_what_is_registered_stays()
    {
        using var mine = Clip.Open(Tiny);
        using var provider = new ServiceCollection().AddSingleton(mine).AddClip("no/such/folder").BuildServiceProvider();
        Assert.Same(mine, provider.GetRequiredService<Clip>());

        using var other = new ServiceCollection().AddClip("no/such/folder").BuildServiceProvider();
        Assert.Throws<HubException>(other.GetRequiredService<Clip>);
    }

    [Fact]
    public async Task Models_under_keys_stand_beside_each_other()
    {
        await using var provider = new ServiceCollection().AddKeyedClip("a", Tiny).AddKeyedClip("b", Tiny).BuildServiceProvider();
        Assert.NotSame(provider.GetRequiredKeyedService<Clip>("a"), provider.GetRequiredKeyedService<Clip>("b"));
        Assert.Same(provider.GetRequiredKeyedService<Clip>("b"), provider.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>("b").GetService(typeof(Clip)));
        Assert.Null(provider.GetService<Clip>());
    }

    [Fact]
    public void The_hubs_options_come_from_the_services()
    {
        using var hub = new FakeHub();
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        hub.Override = _ => new Answer { Status = 418 };
        using var provider = new ServiceCollection().AddSingleton(client)
            .AddClip(FakeHub.Repository, hub: p => hub.Options with { HttpClient = p.GetRequiredService<HttpClient> }).BuildServiceProvider();

        Assert.Contains("418", Assert.Throws<HubException>(provider.GetRequiredService<Clip>).Message, StringComparison.Ordinal);
        Assert.NotEmpty(hub.Site.Requests);
    }
}
