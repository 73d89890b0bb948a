using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using NClip.Hub;

namespace NClip.Extensions;

/// <summary>Puts a CLIP among a program's services.</summary>
public static class ClipServiceCollectionExtensions
{
    /// <summary>
    /// Adds one <see cref="Clip"/> for the whole program, loaded when it is first asked for, and the embedding generators of texts and pictures over it
    /// (<c>IEmbeddingGenerator&lt;string, Embedding&lt;float&gt;&gt;</c>, <c>IEmbeddingGenerator&lt;DataContent, Embedding&lt;float&gt;&gt;</c>, <see cref="ClipEmbeddingGenerator"/>).
    /// What is registered already stays.
    /// </summary>
    /// <param name="services">Where to.</param>
    /// <param name="model">Name, folder or file; null for the embedded model.</param>
    /// <param name="options">How it is run.</param>
    /// <param name="hub">Where a named model comes from; the services give an IHttpClientFactory here. Default: the environment's variables.</param>
    public static IServiceCollection AddClip(this IServiceCollection services, string? model = null, ClipOptions? options = null, Func<IServiceProvider, HubOptions>? hub = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(p => Load(p, model, options, hub));
        services.TryAddSingleton(p => new ClipEmbeddingGenerator(p.GetRequiredService<Clip>(), model));
        services.TryAddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(p => p.GetRequiredService<ClipEmbeddingGenerator>());
        services.TryAddSingleton<IEmbeddingGenerator<DataContent, Embedding<float>>>(p => p.GetRequiredService<ClipEmbeddingGenerator>());
        return services;
    }

    /// <summary>As <see cref="AddClip"/>, under a key: a program with several models asks for each by its key.</summary>
    public static IServiceCollection AddKeyedClip(this IServiceCollection services, object key, string? model = null, ClipOptions? options = null, Func<IServiceProvider, HubOptions>? hub = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(key);
        services.TryAddKeyedSingleton(key, (p, _) => Load(p, model, options, hub));
        services.TryAddKeyedSingleton(key, (p, k) => new ClipEmbeddingGenerator(p.GetRequiredKeyedService<Clip>(k), model));
        services.TryAddKeyedSingleton<IEmbeddingGenerator<string, Embedding<float>>>(key, (p, k) => p.GetRequiredKeyedService<ClipEmbeddingGenerator>(k));
        services.TryAddKeyedSingleton<IEmbeddingGenerator<DataContent, Embedding<float>>>(key, (p, k) => p.GetRequiredKeyedService<ClipEmbeddingGenerator>(k));
        return services;
    }

    // A container makes its services without await. On the pool, so that a caller's synchronization context cannot deadlock.
    private static Clip Load(IServiceProvider provider, string? model, ClipOptions? options, Func<IServiceProvider, HubOptions>? hub)
    {
        var from = hub?.Invoke(provider);
        return Task.Run(() => Clip.PretrainedAsync(model, options, hub: from)).GetAwaiter().GetResult();
    }
}
