using System.CommandLine;
using System.Net;
using NClip.Cli;
using NClip.Cli.Searching;

namespace NClip.Server;

/// <summary><c>nclip serve</c>: a gallery in the browser, and its API.</summary>
internal static class ServeProgram
{
    private const string KeyVariable = "NCLIP_API_KEY";

    public static Command Create(Terminal terminal)
    {
        var gallery = new Argument<string>("gallery") { Description = "The gallery that nclip index made." };
        var urls = new Option<string?>("--urls") { Description = $"Where it listens. Default: {ServerOptions.DefaultUrl}. Addresses of other machines' reach want a key or --no-key.", HelpName = "URL" };
        var key = Options.File("--key-file", $"A file with the key that clients must send (Authorization: Bearer KEY). Without it the variable {KeyVariable}, where it is set.");
        var open = new Option<bool>("--no-key") { Description = "Whoever reaches it may ask, also from other machines." };
        var hosts = Options.Many("--host", "NAME", "Names under which clients may ask for it, besides its addresses (behind a proxy, or in a network).");
        var megabytes = Options.Whole("--max-body", "MB", "Largest body of a request. Default: 32.", 1, 1024);
        var requests = Options.Whole("--max-requests", "N", "Requests that are worked on at a time. Default: 64.", 1, 10_000);
        var waiting = Options.Whole("--max-waiting", "N", "Requests that wait for their turn; those beyond are answered 429. Default: 256.", 0, 100_000);
        var seconds = Options.Whole("--timeout", "S", "Seconds that one request may take. Default: 60.", 1, 3600);
        var cache = Options.Whole("--thumbnails", "MB", "Most that thumbnails take in the user's cache folder. Default: 1024.", 1, 1_000_000);
        var model = new ModelOptions();
        var command = new ExampleCommand("serve", "Show a gallery in the browser, and answer programs over HTTP (docs/server.md).",
            "nclip serve gallery.nclip",
            "nclip serve gallery.nclip --urls http://127.0.0.1:9000")
        { gallery, urls, key, open, hosts, megabytes, requests, waiting, seconds, cache };
        model.AddTo(command);
        command.SetAction(async (call, stop) =>
        {
            var d = new ServerOptions(Url(call.GetValue(urls)), Key(call.GetValue(key)), call.GetValue(hosts));
            if (!d.Url.IsLoopback && d.ApiKey is null && !call.GetValue(open))
                throw new UsageException($"--urls {d.Url}: other machines can reach this address, and there is no key. Give --key-file, or --no-key where whoever reaches it may see all pictures of the gallery.");
            var options = d with
            {
                MaxBodyMegabytes = call.GetValue(megabytes) ?? d.MaxBodyMegabytes,
                Requests = call.GetValue(requests) ?? d.Requests,
                Waiting = call.GetValue(waiting) ?? d.Waiting,
                Timeout = call.GetValue(seconds) is { } s ? TimeSpan.FromSeconds(s) : null,
                MaxBatch = model.Read(call).BatchSize,
                ThumbnailMegabytes = call.GetValue(cache) ?? d.ThumbnailMegabytes,
            };
            var where = call.GetValue(gallery)!;
            using var opened = GalleryModels.Open(where);
            using var clip = await GalleryModels.OpenToAskAsync(opened, where, model, call, terminal, stop).ConfigureAwait(false);
            ModelOptions.NeedTowers(clip, image: true, text: true);
            await using var server = new GalleryServer(opened, clip, options);
            await Start(server, options, stop).ConfigureAwait(false);
            terminal.Note($"{opened.Count} pictures at {server.Address} (Ctrl+C ends it)");
            await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task Start(GalleryServer server, ServerOptions options, CancellationToken stop)
    {
        try { await server.StartAsync(stop).ConfigureAwait(false); }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or UnauthorizedAccessException)
        {
            throw new UsageException($"--urls {options.Url}: cannot listen there: {e.Message} Name another address or port.", e);
        }
    }

    private static Uri Url(string? text)
        => Uri.TryCreate(text ?? ServerOptions.DefaultUrl, UriKind.Absolute, out var url) && url.Scheme == "http" && url.AbsolutePath == "/" && url.Query.Length == 0 && url.UserInfo.Length == 0
            && (url.IsLoopback || IPAddress.TryParse(url.IdnHost, out _)) ? url
        : throw new UsageException($"--urls is '{text}'; it must be http:// with an address and a port, as in {ServerOptions.DefaultUrl}. For https, put a proxy in front (docs/server.md).");

    private static string? Key(FileInfo? file)
    {
        if (file is { Exists: false }) throw new UsageException($"--key-file {file}: no such file.");
        var key = (file is null ? Environment.GetEnvironmentVariable(KeyVariable) : File.ReadAllText(file.FullName))?.Trim();
        return key is null or { Length: 0 } && file is null ? null
            : key is { Length: >= 16 } && key.All(c => c is > ' ' and <= '~') ? key
            : throw new UsageException($"{file?.FullName ?? KeyVariable}: a key has 16 characters or more, printable ASCII without spaces. Make one with: openssl rand -hex 32");
    }
}
