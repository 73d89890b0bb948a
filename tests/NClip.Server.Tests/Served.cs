using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using NClip.Search;
using NClip.Tests;

namespace NClip.Server.Tests;

/// <summary>A gallery of the three samples (and what else a test lays there), served on a free port of this machine. Its model is the tiny one of the reference.</summary>
internal sealed class Served : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly Gallery _gallery;
    private readonly Clip _clip;
    private readonly GalleryServer _server;

    private Served(TemporaryFolder folder, Gallery gallery, Clip clip, GalleryServer server)
    {
        (_folder, _gallery, _clip, _server) = (folder, gallery, clip, server);
        Http = new HttpClient { BaseAddress = new Uri(server.Address) };
    }

    /// <summary>Asks it.</summary>
    public HttpClient Http { get; }

    /// <summary>The gallery.</summary>
    public Gallery Gallery => _gallery;

    /// <summary>Its model.</summary>
    public Clip Clip => _clip;

    /// <summary>The folder of the pictures.</summary>
    public string Photos => _folder["photos"];

    /// <summary>The folder of the gallery.</summary>
    public string Where => _folder["g"];

    /// <summary>Where thumbnails are kept.</summary>
    public string Cache => _folder["cache"];

    /// <summary>Its port.</summary>
    public int Port => Http.BaseAddress!.Port;

    /// <summary>A picture of samples/.</summary>
    public static string Sample(string name) => Path.Combine(Reference.Root, "samples", name);

    /// <summary>Starts one.</summary>
    /// <param name="options">Changes the options.</param>
    /// <param name="add">Lays more into the folder of pictures before it is indexed.</param>
    /// <param name="model">The model's file; null: a tiny one.</param>
    public static async Task<Served> StartAsync(Func<ServerOptions, ServerOptions>? options = null, Action<string>? add = null, string? model = null)
    {
        var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["photos"]);
        foreach (var f in (string[])["chelsea.png", "coffee.png", "rocket.jpg"]) File.Copy(Sample(f), Path.Combine(folder["photos"], f));
        add?.Invoke(folder["photos"]);
        var clip = Clip.Open(model ?? Reference.Path("model_tiny/a3_openai_vit_real_vocab/model_f16.safetensors"));
        using (var indexer = new GalleryIndexer(folder["g"], clip, GalleryModel.Of(clip, "tiny", new ClipOptions()))) await indexer.IndexAsync([folder["photos"]]);
        var gallery = Gallery.Open(folder["g"]);
        var o = new ServerOptions(new Uri("http://127.0.0.1:0"), CacheFolder: folder["cache"]);
        var server = new GalleryServer(gallery, clip, options?.Invoke(o) ?? o);
        await server.StartAsync(default);
        return new Served(folder, gallery, clip, server);
    }

    /// <summary>The answer to a GET as JSON.</summary>
    public async Task<JsonElement> GetAsync(string path) => await Json(await Http.GetAsync(new Uri(path, UriKind.Relative)));

    /// <summary>The answer to a POST as JSON.</summary>
    public async Task<JsonElement> PostAsync(string path, object body, HttpStatusCode status = HttpStatusCode.OK) => await Json(await Http.PostAsJsonAsync(path, body), status);

    /// <summary>The id of a sample.</summary>
    public string Id(string name) => Galleries.Catalog.IdOf(Path.Combine(Photos, name));

    /// <summary>An answer's JSON; an answer of another status fails with what it said.</summary>
    public static async Task<JsonElement> Json(HttpResponseMessage answer, HttpStatusCode status = HttpStatusCode.OK)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Xunit.Assert.True(answer.StatusCode == status, $"{(int)answer.StatusCode}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _server.DisposeAsync();
        _gallery.Dispose();
        _clip.Dispose();
        _folder.Dispose();
    }
}
