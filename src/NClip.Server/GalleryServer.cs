using System.Net;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NClip.Search;
using NClip.Server.Api;
using NClip.Server.Galleries;
using NClip.Server.Guards;
using NClip.Server.Metrics;
using NClip.Server.OpenAi;
using NClip.Server.Towers;

namespace NClip.Server;

/// <summary>A gallery over HTTP: the page, its API, OpenAI's embeddings. Nothing of the machine is read but the gallery's own pictures.</summary>
internal sealed class GalleryServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ServerMeter _meter = new();
    private readonly Encoder _encoder;
    private readonly GroupCache _groups;
    private readonly SearchQueue _searches;

    /// <param name="gallery">The gallery; the caller disposes it.</param>
    /// <param name="clip">Its model, with both towers; the caller disposes it.</param>
    /// <param name="options">Where and how it is served.</param>
    /// <param name="log">Told of what goes wrong; null: standard error.</param>
    public GalleryServer(Gallery gallery, Clip clip, ServerOptions options, ILoggerProvider? log = null)
    {
        _encoder = new Encoder(clip, options, _meter);
        var catalog = new Catalog(gallery);
        var files = new PictureStore(gallery);
        _groups = new GroupCache(gallery, catalog);
        _searches = new SearchQueue(gallery, options, _meter);
        var thumbnails = new Thumbnails(files, options);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions()); // no settings from files or variables of wherever it is started
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => Limit(k, options));
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // what stops the start is the caller's to tell
        if (log is null) builder.Logging.AddSimpleConsole(c => c.SingleLine = true);
        else builder.Logging.AddProvider(log);
        builder.Services.AddRouting();
        builder.Services.AddOpenApi();
        builder.Services.AddRequestTimeouts(t => t.DefaultPolicy = new() { Timeout = options.RequestTimeout, TimeoutStatusCode = StatusCodes.Status504GatewayTimeout });
        builder.Services.AddRateLimiter(r => Gate.Set(r, options, _meter));
        builder.Services.Configure<HostOptions>(h => h.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.Services.ConfigureHttpJsonOptions(j =>
        {
            j.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            j.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            j.SerializerOptions.MaxDepth = 16;
        });
        _app = builder.Build();
        _app.Use(_meter.CountAsync);
        _app.Use(SecurityHeaders.AddAsync);
        _app.Use(Failures.AnswerAsync);
        _app.Use(new HostGuard(options).CheckAsync);
        _app.Use(new KeyGuard(options.ApiKey).CheckAsync);
        _app.UseRouting();
        _app.UseRequestTimeouts();
        _app.UseRateLimiter();
        PageFiles.Map(_app);
        StatusApi.Map(_app, gallery, clip, catalog, _meter);
        SearchApi.Map(_app, _searches, _encoder, catalog, files, options);
        PictureApi.Map(_app, catalog, files, thumbnails);
        GroupApi.Map(_app, _groups);
        EmbedApi.Map(_app, gallery, clip, _encoder, catalog, files, options);
        EmbeddingsApi.Map(_app, gallery, clip, _encoder, options);
        _app.MapOpenApi("/openapi/{documentName}.json");
    }

    /// <summary>Where it listens, once it does.</summary>
    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>Starts to listen.</summary>
    public Task StartAsync(CancellationToken stop) => _app.StartAsync(stop);

    /// <summary>Stops it; requests under way get five seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        await _encoder.DisposeAsync().ConfigureAwait(false);
        await _searches.DisposeAsync().ConfigureAwait(false);
        _groups.Dispose();
        _meter.Dispose();
    }

    private static void Limit(KestrelServerOptions kestrel, ServerOptions options)
    {
        kestrel.AddServerHeader = false;
        var l = kestrel.Limits;
        l.MaxConcurrentConnections = options.Connections;
        l.MaxRequestBodySize = options.MaxBodyMegabytes * 1_000_000L;
        l.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        l.KeepAliveTimeout = TimeSpan.FromSeconds(60);
        l.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 1000, gracePeriod: TimeSpan.FromSeconds(5));
        l.MinResponseDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(10));
        l.MaxRequestHeadersTotalSize = 16_384;
        l.MaxRequestLineSize = 8_192;
        l.MaxRequestHeaderCount = 64;
        void Http1(ListenOptions listen) => listen.Protocols = HttpProtocols.Http1;
        if (options.Url.Host == "localhost") kestrel.ListenLocalhost(options.Url.Port, Http1);
        else kestrel.Listen(IPAddress.Parse(options.Url.IdnHost), options.Url.Port, Http1);
    }
}
