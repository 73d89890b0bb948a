using System.CommandLine;
using NClip.Cli.Output;
using NClip.Hub;
using NClip.Text;

namespace NClip.Cli;

/// <summary>The options of every command that runs a model, and how they become one.</summary>
internal sealed class ModelOptions
{
    private const int Few = 16; // pictures

    private readonly Option<string?> _model = new("--model", "-m") { Description = "A name (openai/clip-vit-base-patch32, ViT-B/32), a folder or a weight file. Default: the embedded nclip-mini.", HelpName = "NAME|FOLDER|FILE" };
    private readonly Argument<string?> _name = new("name") { Description = "The model, as --model has it.", HelpName = "NAME|FOLDER|FILE", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<FileInfo?> _config = Options.File("--config", "Its config.json or open_clip_config.json, where a bare weight file does not say its architecture.");
    private readonly Option<Precision?> _precision = Options.Choice("--precision", "Arithmetic of the towers. Default: fp32.", ("fp32", Precision.Float32), ("int8", Precision.Int8));
    private readonly Option<int?> _threads = Options.Whole("--threads", "N", "Threads of decoding and of the towers. Default: all cores (of two threads of one core the towers use one).", 1, 1024);
    private readonly Option<int?> _batch = Options.Whole("--batch", "N", "Pictures or texts in one run of a tower. Default: 16.", 1, 1024);
    private readonly Option<ExecutionProvider?> _provider = Options.Choice("--provider", "Where the towers run. Default: cpu.", ("cpu", ExecutionProvider.Cpu), ("cuda", ExecutionProvider.Cuda));
    private readonly Option<ContextOverflow?> _overflow = Options.Choice("--overflow", "Texts longer than the model's context. Default: throw.", ("throw", ContextOverflow.Throw), ("truncate", ContextOverflow.Truncate), ("chunk", ContextOverflow.Chunk));
    private readonly ImageReadOptions _images = new();

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        AddRunTo(command);
        command.Add(_overflow);
        _images.AddTo(command);
    }

    /// <summary>Adds those that say which model, and how its towers run.</summary>
    public void AddRunTo(Command command)
    {
        AddModelTo(command);
        foreach (var o in (Option[])[_precision, _threads, _batch, _provider]) command.Add(o);
    }

    /// <summary>Adds only those that say which model.</summary>
    public void AddModelTo(Command command)
    {
        command.Add(_model);
        command.Add(_config);
    }

    /// <summary>Lets the model be named by an argument too, as `model pull` has it.</summary>
    public ModelOptions WithArgument(Command command)
    {
        command.Add(_name);
        return this;
    }

    /// <summary>The model as the user named it; null for the embedded one.</summary>
    /// <exception cref="UsageException">It is named twice, and otherwise.</exception>
    public string? Name(ParseResult call) => (call.GetValue(_name), call.GetValue(_model)) switch
    {
        ({ } a, { } o) when a != o => throw new UsageException($"two models are named: {a} and --model {o}. Give one."),
        var (a, o) => a ?? o,
    };

    /// <summary>How the model is to be run.</summary>
    public ClipOptions Read(ParseResult call)
    {
        var d = new ClipOptions();
        return d with
        {
            Precision = call.GetValue(_precision) ?? d.Precision,
            Threads = call.GetValue(_threads),
            BatchSize = call.GetValue(_batch) ?? d.BatchSize,
            Provider = call.GetValue(_provider) ?? d.Provider,
            Overflow = call.GetValue(_overflow) ?? d.Overflow,
            ImagePolicy = _images.Policy(call),
            Images = _images.Read(call),
            MaxPatches = _images.MaxPatches(call),
        };
    }

    /// <summary>Finds and loads the model; a download shows its progress.</summary>
    /// <exception cref="UsageException">There is no such model, or its files are not one.</exception>
    public async Task<Clip> LoadAsync(ParseResult call, Terminal terminal, ClipOptions? options = null, CancellationToken cancellation = default)
    {
        var path = await FindAsync(call, terminal, cancellation).ConfigureAwait(false);
        return Usable(() => Clip.Open(path, Config(call), options ?? Read(call)));
    }

    /// <summary>As <see cref="LoadAsync"/>, for texts and a known number of pictures: for a few, laying the weights out anew takes longer than it saves.</summary>
    /// <exception cref="UsageException">There is no such model, its files are not one, or it lacks a tower.</exception>
    public async Task<Clip> LoadForAsync(int pictures, ParseResult call, Terminal terminal, CancellationToken cancellation)
    {
        var clip = await LoadAsync(call, terminal, ReadFor(pictures, call), cancellation).ConfigureAwait(false);
        try
        {
            NeedTowers(clip, image: true, text: true);
            return clip;
        }
        catch
        {
            clip.Dispose();
            throw;
        }
    }

    /// <summary>As <see cref="Read"/>, for a known number of pictures.</summary>
    public ClipOptions ReadFor(int pictures, ParseResult call) => Read(call) with { Prepack = pictures > Few };

    /// <summary>Refuses a model that was exported without a tower which the call needs.</summary>
    /// <exception cref="UsageException">It was.</exception>
    public static void NeedTowers(Clip clip, bool image = false, bool text = false)
    {
        var (lacks, has) = image && !clip.Spec.HasImageTower ? ("image", "text") : text && !clip.Spec.HasTextTower ? ("text", "image") : (null, null);
        if (lacks is not null) throw new UsageException($"{clip.Weights.File}: has no {lacks} tower: it was exported with the {has} tower alone. Name the model that it came from, or one that was exported with both.");
    }

    /// <summary>The model's file or folder.</summary>
    /// <exception cref="UsageException">There is no such model.</exception>
    public Task<string> FindAsync(ParseResult call, Terminal terminal, CancellationToken cancellation) => FindAsync(Name(call), terminal, null, cancellation);

    /// <summary>A model's file or folder; a download shows its progress.</summary>
    /// <exception cref="UsageException">There is no such model.</exception>
    public static async Task<string> FindAsync(string? name, Terminal terminal, HubOptions? options, CancellationToken cancellation)
    {
        using var progress = new DownloadProgress(terminal);
        return await UsableAsync(async () =>
        {
            using var hub = new ModelHub(options);
            return await hub.ResolveAsync(name, progress, cancellation).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    /// <summary>Runs what must succeed for the call to make sense at all; its errors make the call an unusable one.</summary>
    /// <exception cref="UsageException">It failed.</exception>
    public static T Usable<T>(Func<T> action) => UsableAsync(() => Task.FromResult(action())).GetAwaiter().GetResult();

    /// <summary>As <see cref="Usable"/>, for work on texts that pictures will follow: the image tower is made ready meanwhile.</summary>
    /// <exception cref="UsageException">It failed.</exception>
    public static async Task<T> UsableWhileWarmingAsync<T>(Clip clip, Func<T> texts, CancellationToken cancellation)
    {
        var ready = clip.WarmAsync(cancellation);
        try { return Usable(texts); }
        finally { await ready.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); } // what fails here fails again at the first picture
    }

    /// <summary>As <see cref="Usable"/>, for work that goes on.</summary>
    /// <exception cref="UsageException">It failed.</exception>
    public static async Task<T> UsableAsync<T>(Func<Task<T>> action)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (Exception e) when (e is (ClipException and not UsageException) or IOException or UnauthorizedAccessException)
        {
            throw new UsageException(e.Message, e);
        }
    }

    /// <summary>The file of --config, or null.</summary>
    /// <exception cref="UsageException">It does not exist.</exception>
    public string? Config(ParseResult call)
        => call.GetValue(_config) is not { } f ? null
        : f.Exists ? f.FullName
        : throw new UsageException($"--config {f}: no such file. Give the model's config.json or open_clip_config.json.");
}
