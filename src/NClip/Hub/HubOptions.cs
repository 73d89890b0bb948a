using System.Globalization;
using System.Text;
using NClip.Foundation;
using NClip.Hub.Caches;

namespace NClip.Hub;

/// <summary>Where models come from and where they are kept. <see cref="FromEnvironment()"/> reads the variables that the Python libraries read.</summary>
public sealed record HubOptions
{
    /// <summary>Address of the hub. Default https://huggingface.co (HF_ENDPOINT).</summary>
    public Uri Endpoint { get; init; } = new("https://huggingface.co");

    /// <summary>Folder with models--org--name. Default ~/.cache/huggingface/hub (HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME).</summary>
    public string CacheFolder { get; init; } = Path.Combine(UserFolders.Home, ".cache", "huggingface", "hub");

    /// <summary>Folder of OpenAI's own files, the one of openai/CLIP in Python. Default ~/.cache/clip.</summary>
    public string OpenAIFolder { get; init; } = Path.Combine(UserFolders.Home, ".cache", "clip");

    /// <summary>Access token for gated and private repositories, or null (HF_TOKEN, HF_TOKEN_PATH, HF_HOME/token). Sent to <see cref="Endpoint"/> only, never to the servers it redirects to.</summary>
    public string? Token { get; init; }

    /// <summary>Use the cache only, send nothing. Default false (HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE).</summary>
    public bool Offline { get; init; }

    /// <summary>Ask the server whether a cached branch or tag has moved. Default false: what is cached is used without a request.</summary>
    public bool Refresh { get; init; }

    /// <summary>Gives the client for a request, such as <c>() => httpClientFactory.CreateClient("clip")</c>. Its handler must not follow redirects by itself. Default: a client of the hub's own.</summary>
    public Func<HttpClient>? HttpClient { get; init; }

    /// <summary>Attempts without progress before a file is given up. Default 5.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>Longest silence of a server before an attempt counts as failed. Default 30 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Slowest arrival of a file, in bytes a second over <see cref="Timeout"/>, before an attempt counts as failed: a server that sends a byte now and then is not waited for. Default 1,000; 0: any speed.</summary>
    public int MinimumBytesPerSecond { get; init; } = 1000;

    /// <summary>How a wait is made; tests replace it.</summary>
    internal Func<TimeSpan, CancellationToken, Task> Delay { get; init; } = Task.Delay;

    /// <summary>Address in front of OpenAI's /clip/models/SHA256/FILE.</summary>
    internal Uri OpenAIEndpoint { get; init; } = new("https://openaipublic.azureedge.net");

    /// <summary>Folder that holds nclip-mini.</summary>
    internal string ApplicationFolder { get; init; } = AppContext.BaseDirectory;

    /// <summary>Link snapshots to blobs. False forces what happens where links are not allowed (Windows without developer mode): the file itself lies in the snapshot.</summary>
    internal bool Links { get; init; } = true;

    /// <summary>Options from this process's environment. Names and precedence are huggingface_hub's.</summary>
    /// <exception cref="HubException">HF_ENDPOINT is not an http address.</exception>
    public static HubOptions FromEnvironment() => FromEnvironment(Environment.GetEnvironmentVariable);

    internal static HubOptions FromEnvironment(Func<string, string?> variable)
    {
        var xdg = Set("XDG_CACHE_HOME") is { } x ? UserFolders.Expand(x) : Path.Combine(UserFolders.Home, ".cache");
        var home = Set("HF_HOME") is { } h ? UserFolders.Expand(h) : Path.Combine(xdg, "huggingface");
        var cache = Set("HF_HUB_CACHE") ?? Set("HUGGINGFACE_HUB_CACHE");
        var tokenFile = Set("HF_TOKEN_PATH") is { } t ? UserFolders.Expand(t) : Path.Combine(home, "token");
        var endpoint = Set("HF_ENDPOINT") ?? "https://huggingface.co";
        if (!Uri.TryCreate(endpoint.TrimEnd('/'), UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new HubException(HubError.Protocol, $"HF_ENDPOINT is '{endpoint}'; an http or https address is expected, such as https://huggingface.co.");

        return new HubOptions
        {
            Endpoint = address,
            CacheFolder = cache is null ? Path.Combine(home, "hub") : UserFolders.Expand(cache),
            Token = Clean(Set("HF_TOKEN")) ?? Clean(Set("HUGGING_FACE_HUB_TOKEN")) ?? Clean(CacheFile.ReadText(tokenFile)),
            Offline = IsTrue(Set("HF_HUB_OFFLINE") ?? Set("TRANSFORMERS_OFFLINE")),
        };

        string? Set(string name) => variable(name) is { Length: > 0 } value ? value : null;
    }

    // A token read from a file often ends in a line break, which a header must not have.
    private static string? Clean(string? token) => token?.ReplaceLineEndings("").Trim() is { Length: > 0 } t ? t : null;

    private static bool IsTrue(string? value) => value?.ToUpper(CultureInfo.InvariantCulture) is "1" or "ON" or "YES" or "TRUE";

    // Records print their members; a token must not get into a log that way.
    private bool PrintMembers(StringBuilder s)
    {
        s.Append("Endpoint = ").Append(Endpoint).Append(", CacheFolder = ").Append(CacheFolder)
            .Append(", Token = ").Append(Token is null ? "none" : "set").Append(", Offline = ").Append(Offline);
        return true;
    }
}
