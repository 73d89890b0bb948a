using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NClip.Hub;

namespace NClip.Tests.Hub;

/// <summary>
/// A hub in miniature and the file server it redirects large files to, with the real hub's headers: small files answer 200 with a git sha1 as etag,
/// large ones 302 with X-Linked-Etag (sha256) and X-Linked-Size; both name the commit.
/// </summary>
internal sealed class FakeHub : IDisposable
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";
    public const string Repository = "org/tiny-clip";

    private readonly Dictionary<string, byte[]> _files = [];
    private readonly string _root = Path.Combine(Path.GetTempPath(), "nclip-hub-" + Guid.NewGuid().ToString("N")[..8]);

    public FakeHub()
    {
        Site = new LocalServer(r => Override?.Invoke(r) ?? OnSite(r));
        Store = new LocalServer(r => OverrideStore?.Invoke(r) ?? OnStore(r));
        _files["config.json"] = Encoding.UTF8.GetBytes("""{"model_type": "clip"}""");
        _files["tokenizer.json"] = Encoding.UTF8.GetBytes("""{"model": {}}""");
        _files["model.safetensors"] = Weights;
    }

    /// <summary>300,000 bytes that differ.</summary>
    public static byte[] Weights { get; } = Numbers(1);

    public static byte[] Numbers(int seed)
    {
        var bytes = new byte[300_000];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public LocalServer Site { get; }

    public LocalServer Store { get; }

    /// <summary>Commit that 'main' is.</summary>
    public string Main { get; set; } = Commit;

    /// <summary>Answers in the hub's place where it returns one.</summary>
    public Func<Request, Answer?>? Override { get; set; }

    /// <summary>Answers in the file server's place where it returns one.</summary>
    public Func<Request, Answer?>? OverrideStore { get; set; }

    /// <summary>Waits that were asked for; none is really made.</summary>
    public List<TimeSpan> Waits { get; } = [];

    public string CacheFolder => Path.Combine(_root, "hub");

    public string OpenAIFolder => Path.Combine(_root, "clip");

    public string Folder => Path.Combine(CacheFolder, "models--org--tiny-clip");

    public string Snapshot => Path.Combine(Folder, "snapshots", Commit);

    public HubOptions Options => new()
    {
        Endpoint = Site.Address,
        OpenAIEndpoint = Store.Address,
        CacheFolder = CacheFolder,
        OpenAIFolder = OpenAIFolder,
        ApplicationFolder = _root,
        Timeout = TimeSpan.FromSeconds(10),
        Delay = (t, _) =>
        {
            lock (Waits) Waits.Add(t);
            return Task.CompletedTask;
        },
    };

    public byte[] this[string file]
    {
        get => _files[file];
        set => _files[file] = value;
    }

    public void Remove(string file) => _files.Remove(file);

    public ModelHub Open(Func<HubOptions, HubOptions>? change = null) => new(change?.Invoke(Options) ?? Options);

    public async Task<string> ResolveAsync(string name = Repository, Func<HubOptions, HubOptions>? change = null, IProgress<HubProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        using var hub = Open(change);
        return await hub.ResolveAsync(name, progress, cancellationToken);
    }

    public static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

#pragma warning disable CA5350 // git's names are sha1
    public static string GitSha1(byte[] bytes) => Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {bytes.Length}\0"), .. bytes]));
#pragma warning restore CA5350

    public static bool IsLarge(string file) => file.EndsWith(".safetensors", StringComparison.Ordinal) || file.EndsWith(".bin", StringComparison.Ordinal);

    public static string FileOf(Request r) => r.Path[(r.Path.LastIndexOf('/') + 1)..];

    /// <summary>The real hub's way of answering.</summary>
    public Answer OnSite(Request request)
    {
        var parts = request.Path.Split('/', 6); // "", org, name, resolve, revision, file
        if (parts.Length < 6 || $"{parts[1]}/{parts[2]}" != Repository) return new Answer { Status = 404, Headers = { ["X-Error-Code"] = "RepoNotFound" } };
        if (parts[4] is var revision && revision != "main" && revision != Main && revision != Commit) return new Answer { Status = 404, Headers = { ["X-Error-Code"] = "RevisionNotFound" } };
        if (!_files.TryGetValue(parts[5], out var bytes)) return new Answer { Status = 404, Headers = { ["X-Error-Code"] = "EntryNotFound", ["X-Repo-Commit"] = Main } };
        if (!IsLarge(parts[5])) return Send(request, bytes, new() { ["X-Repo-Commit"] = Main, ["ETag"] = $"\"{GitSha1(bytes)}\"" });
        return new Answer
        {
            Status = 302,
            Headers =
            {
                ["X-Repo-Commit"] = Main,
                ["X-Linked-Etag"] = $"\"{Sha256(bytes)}\"",
                ["X-Linked-Size"] = bytes.Length.ToString(CultureInfo.InvariantCulture),
                ["Location"] = $"{Store.Address}{parts[5]}?signed=1",
            },
        };
    }

    public Answer OnStore(Request request) => _files.TryGetValue(FileOf(request).Split('?')[0], out var bytes) ? Send(request, bytes, new() { ["ETag"] = "\"another-etag-of-the-store\"" }) : new Answer { Status = 404 };

    /// <summary>The bytes from where the range begins.</summary>
    public static Answer Send(Request request, byte[] bytes, Dictionary<string, string>? headers = null, int? cutAfter = null, long? announced = null)
    {
        headers ??= [];
        var from = (int)request.From;
        if (from > 0) headers["Content-Range"] = $"bytes {from}-{bytes.Length - 1}/{bytes.Length}";
        return new Answer { Status = from > 0 ? 206 : 200, Body = bytes[from..], Headers = headers, CutAfter = cutAfter, AnnouncedLength = announced };
    }

    public void Dispose()
    {
        Site.Dispose();
        Store.Dispose();
        if (Directory.Exists(_root)) Directory.Delete(_root, recursive: true);
    }
}
