using NClip.Architectures;
using NClip.Foundation;
using NClip.Hub;
using NClip.Images;
using NClip.Inference;
using NClip.ZeroShot;

namespace NClip;

/// <summary>
/// The front door: one CLIP model with its two towers, its tokenizer and its image preprocessing.
/// Thread-safe; holds native memory until disposed. Every member of a disposed one throws <see cref="ObjectDisposedException"/>; features, matrices
/// and classifiers that it made live on.
/// </summary>
/// <example>
/// <code>
/// using var clip = Clip.Pretrained();
/// var answer = clip.Classify("photo.jpg", ["cat", "dog"]);
/// Console.WriteLine($"{answer.Best.Label} {answer.Best.Score:P0}");
/// </code>
/// </example>
public sealed partial class Clip : IDisposable
{
    private readonly ClipModel _model;
    private readonly ModelFolder _folder;
    private readonly ImagePipeline _images;
    private readonly ClipOptions _options;
    private readonly LabelCache _labels;

    private Clip(ClipModel model, ModelFolder folder, ClipOptions options)
    {
        (_model, _options, _folder) = (model, options, folder);
        _images = new ImagePipeline(model.Spec.Preprocess.WithMaxPatches(options.MaxPatches), options.ImagePolicy, options.Images);
        _labels = new LabelCache(options.LabelCacheSize);
    }

    /// <summary>What the model is: towers, sizes, preprocessing, context.</summary>
    public ClipSpec Spec => Model.Spec;

    /// <summary>Factor of the cosines in a logit (exp of the stored logit scale).</summary>
    public float LogitScale => Model.LogitScale;

    /// <summary>Added to every logit; 0 for models without one.</summary>
    public float LogitBias => Model.LogitBias;

    /// <summary>Templates that come with the model, or one plain sentence in English and Chinese.</summary>
    public PromptTemplates Templates => Folder.Templates;

    internal ModelFolder Folder
    {
        get
        {
            _model.ThrowIfDisposed();
            return _folder;
        }
    }

    internal ClipModel Model
    {
        get
        {
            _model.ThrowIfDisposed();
            return _model;
        }
    }

    private int Threads => _options.Threads ?? Environment.ProcessorCount;

    /// <summary>Loads a model by name: OpenAI's own names (<c>ViT-B/32</c>), a Hugging Face repository (<c>openai/clip-vit-base-patch32</c>), a folder, a file, or null for the embedded nclip-mini.</summary>
    /// <exception cref="ClipException">The name is not known, the download failed, or the files are not a CLIP.</exception>
    public static Clip Pretrained(string? model = null, ClipOptions? options = null)
        => PretrainedAsync(model, options).GetAwaiter().GetResult();

    /// <summary>As <see cref="Pretrained"/>, with progress of the download, other sources than the environment says, and cancellation.</summary>
    /// <exception cref="ClipException">The name is not known, the download failed, or the files are not a CLIP.</exception>
    public static async Task<Clip> PretrainedAsync(string? model = null, ClipOptions? options = null, IProgress<HubProgress>? progress = null, HubOptions? hub = null, CancellationToken cancellationToken = default)
    {
        using var models = new ModelHub(hub);
        return Open(await models.ResolveAsync(model, progress, cancellationToken).ConfigureAwait(false), null, options);
    }

    /// <summary>Models that are on this machine: the embedded one, OpenAI's files, and the repositories of the hub's cache that hold a model of a family that is read.</summary>
    /// <param name="hub">Where the caches are; null = as the environment says.</param>
    public static IReadOnlyList<CachedModel> ListCached(HubOptions? hub = null)
    {
        using var models = new ModelHub(hub);
        return models.ListCached(ModelFamily.Types);
    }

    /// <summary>Opens a model's folder or weight file.</summary>
    /// <param name="path">Folder or file.</param>
    /// <param name="configFile">open_clip_config.json or config.json where a bare weight file does not say its architecture; null to look beside the weights.</param>
    /// <param name="options">How it is run.</param>
    /// <exception cref="ClipException">The files are not a CLIP.</exception>
    public static Clip Open(string path, string? configFile = null, ClipOptions? options = null)
    {
        var o = (options ?? new ClipOptions()).Validated();
        var folder = ModelFolder.Of(Given.One(path, "path of a model"));
        var model = ClipModel.Load(path, configFile, o.Towers);
        try
        {
            return new Clip(model, folder, o);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Makes both towers ready now, side by side, instead of each at its first use.</summary>
    /// <exception cref="ClipException">A tower cannot be made; its first use would throw the same.</exception>
    public Task WarmAsync(CancellationToken cancellationToken = default) => Model.WarmAsync(cancellationToken);

    /// <summary>The model's forward pass: logits per image [N, M] and per text [M, N] (openai/CLIP's CLIP.forward).</summary>
    public (Matrix PerImage, Matrix PerText) Logits(ImageBatch images, TokenBatch texts, CancellationToken cancellationToken = default)
    {
        var perImage = Similarity(EncodeImage(images, cancellationToken), EncodeText(texts, cancellationToken), cancellationToken);
        return (perImage, perImage.Transposed());
    }

    /// <summary>Logits [N, M]: scaled cosines of every picture's and every text's features (plus the bias, where the model has one).</summary>
    /// <exception cref="ArgumentException">The features are not of one model, or N x M is more than a matrix holds.</exception>
    public Matrix Similarity(Matrix imageFeatures, Matrix textFeatures, CancellationToken cancellationToken = default)
    {
        var (images, texts) = (Given.One(imageFeatures, "matrix of picture features"), Given.One(textFeatures, "matrix of text features"));
        return images.Normalized().TimesTransposed(texts.Normalized(), LogitScale, cancellationToken).Plus(LogitBias);
    }

    /// <summary>Frees the native memory. What runs in other threads is stopped and waited for, and throws <see cref="ObjectDisposedException"/> there.</summary>
    public void Dispose() => _model.Dispose();
}
