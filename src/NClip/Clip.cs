using System.Numerics.Tensors;
using System.Runtime.ExceptionServices;
using NClip.Architectures;
using NClip.Hub;
using NClip.Images;
using NClip.Inference;
using NClip.Text;
using NClip.Text.HuggingFace;
using NClip.ZeroShot;

namespace NClip;

/// <summary>
/// The front door: one CLIP model with its two towers, its tokenizer and its image preprocessing.
/// Thread-safe; holds native memory until disposed.
/// </summary>
/// <example>
/// <code>
/// using var clip = Clip.Pretrained();
/// var answer = clip.Classify("photo.jpg", ["cat", "dog"]);
/// Console.WriteLine($"{answer.Best.Label} {answer.Best.Score:P0}");
/// </code>
/// </example>
public sealed class Clip : IDisposable
{
    private readonly ClipModel _model;
    private readonly Lazy<TextPipeline> _text; // made when a text first comes: pictures alone need no tokenizer
    private readonly ImagePipeline _images;
    private readonly ClipOptions _options;

    private Clip(ClipModel model, ModelFolder folder, ClipOptions options)
    {
        (_model, _options, Folder) = (model, options, folder);
        _text = new(() => TokenizerFolder.Load(folder.Path, new TokenizerHints(model.Spec.Context.Length)));
        _images = new ImagePipeline(model.Spec.Preprocess, options.ImagePolicy, options.Images);
    }

    /// <summary>What the model is: towers, sizes, preprocessing, context.</summary>
    public ClipSpec Spec => _model.Spec;

    /// <summary>Factor of the cosines in a logit (exp of the stored logit scale).</summary>
    public float LogitScale => _model.LogitScale;

    /// <summary>Added to every logit; 0 for models without one.</summary>
    public float LogitBias => _model.LogitBias;

    /// <summary>Templates that come with the model, or one plain sentence in English and Chinese.</summary>
    public PromptTemplates Templates => Folder.Templates;

    internal ModelFolder Folder { get; }

    internal ClipModel Model => _model;

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

    /// <summary>Opens a model's folder or weight file.</summary>
    /// <param name="path">Folder or file.</param>
    /// <param name="configFile">open_clip_config.json or config.json where a bare weight file does not say its architecture; null to look beside the weights.</param>
    /// <param name="options">How it is run.</param>
    /// <exception cref="ClipException">The files are not a CLIP.</exception>
    public static Clip Open(string path, string? configFile = null, ClipOptions? options = null)
    {
        var o = (options ?? new ClipOptions()).Validated();
        var folder = ModelFolder.Of(path);
        var model = ClipModel.Load(path, configFile, o);
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

    /// <summary>Makes both towers ready now, side by side, instead of each at its first use. Await it before disposing.</summary>
    /// <exception cref="ClipException">A tower cannot be made; its first use would throw the same.</exception>
    public Task WarmAsync(CancellationToken cancellationToken = default) => _model.WarmAsync(cancellationToken);

    /// <summary>Reads pictures as the model wants them: [N, 3, H, W].</summary>
    /// <exception cref="ImageException">A file is not a picture that can be read; the message names it.</exception>
    public ImageBatch Preprocess(params IReadOnlyList<string> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return Preprocess(files.Count, (i, pixels) => _images.Process(files[i], pixels));
    }

    /// <summary>Reads pictures from their encoded bytes (JPEG, PNG, ...) as the model wants them: [N, 3, H, W].</summary>
    /// <exception cref="ImageException">A picture cannot be read; the message gives its place in the list.</exception>
    public ImageBatch PreprocessEncoded(params IReadOnlyList<ReadOnlyMemory<byte>> pictures)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        return Preprocess(pictures.Count, (i, pixels) => _images.Process(pictures[i], pixels, $"picture {i}"));
    }

    /// <summary>Texts as the model wants them: [N, context length].</summary>
    /// <exception cref="ContextOverflowException">A text is too long and the options say throw.</exception>
    public TokenBatch Tokenize(params IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return new TokenBatch(_text.Value.Tokenize(texts, _options.Overflow), texts.Count, _text.Value.Context.Length);
    }

    /// <summary>Features [N, D] of preprocessed pictures, not normalised (openai/CLIP's encode_image).</summary>
    public Matrix EncodeImage(ImageBatch images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return new Matrix(images.Count, Spec.EmbedDim, _model.EncodeImages(images.Pixels, images.Count, cancellationToken));
    }

    /// <summary>Features [N, D] of tokenized texts, not normalised (openai/CLIP's encode_text).</summary>
    public Matrix EncodeText(TokenBatch texts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return new Matrix(texts.Count, Spec.EmbedDim, _model.EncodeTexts(texts.Ids, texts.Count, cancellationToken));
    }

    /// <summary>Features [N, D] of pictures, not normalised. The first file that cannot be read ends the call; <see cref="EncodeImagesAsync"/> goes on.</summary>
    /// <exception cref="ImageException">A file is not a picture that can be read.</exception>
    public Matrix EncodeImage(params IReadOnlyList<string> files) => EncodeImage(Preprocess(files));

    /// <summary>Features [N, D] of texts, not normalised. With <see cref="ContextOverflow.Chunk"/>, a long text's features are the mean of its pieces' unit features.</summary>
    /// <exception cref="ContextOverflowException">A text is too long and the options say throw.</exception>
    public Matrix EncodeText(params IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return _options.Overflow == ContextOverflow.Chunk ? EncodeChunks(texts) : EncodeText(Tokenize(texts));
    }

    /// <summary>
    /// Features of many pictures, in their order: the next batch is decoded and resized while the tower works on this one.
    /// A picture that cannot be read comes with its error; the others go on.
    /// </summary>
    public IAsyncEnumerable<EncodedImage> EncodeImagesAsync(IEnumerable<string> files, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        return new ImageFeed(_images, Spec.Preprocess, _options.BatchSize, Threads).EncodeAsync(files, b => EncodeImage(b, cancellationToken), cancellationToken);
    }

    /// <summary>The model's forward pass: logits per image [N, M] and per text [M, N] (openai/CLIP's CLIP.forward).</summary>
    public (Matrix PerImage, Matrix PerText) Logits(ImageBatch images, TokenBatch texts)
    {
        var perImage = Similarity(EncodeImage(images), EncodeText(texts));
        return (perImage, perImage.Transposed());
    }

    /// <summary>Logits [N, M]: scaled cosines of every picture's and every text's features (plus the bias, where the model has one).</summary>
    public Matrix Similarity(Matrix imageFeatures, Matrix textFeatures)
    {
        ArgumentNullException.ThrowIfNull(imageFeatures);
        ArgumentNullException.ThrowIfNull(textFeatures);
        var logits = imageFeatures.Normalized().TimesTransposed(textFeatures.Normalized(), LogitScale);
        return LogitBias == 0 ? logits : new Matrix(logits.Rows, logits.Columns, [.. logits.Values.ToArray().Select(v => v + LogitBias)]);
    }

    /// <summary>A zero-shot classifier over classes, each with one or several names.</summary>
    /// <param name="classes">At least one.</param>
    /// <param name="templates">Sentences for the names; null for <see cref="Templates"/>.</param>
    /// <param name="none">Whether 'none of these' may be the answer (softmax models).</param>
    /// <exception cref="ArgumentException">There is no class.</exception>
    public ZeroShotClassifier CreateClassifier(IReadOnlyList<LabelClass> classes, PromptTemplates? templates = null, bool none = false)
    {
        ArgumentNullException.ThrowIfNull(classes);
        if (classes.Count == 0) throw new ArgumentException("no class was given; a classifier chooses among at least one.", nameof(classes));
        var t = templates ?? Templates;
        Matrix Encode(IReadOnlyList<string> x) => EncodeText(x);
        var unknown = UnknownNames.In(classes, Folder.KnownWords, out var named);
        var weights = ZeroShotClassifier.BuildWeights(named, t, Encode);
        var background = none ? NoneOfThese.Calibrate(classes, weights, t, Encode, b => EncodeImage(b), Spec.Preprocess) : null;
        return new ZeroShotClassifier([.. classes.Select(c => c.Label)], weights, LogitScale, LogitBias, Spec.Logits, background, unknown);
    }

    /// <summary>A zero-shot classifier over labels.</summary>
    public ZeroShotClassifier CreateClassifier(params IReadOnlyList<string> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return CreateClassifier([.. labels.Select(l => new LabelClass(l))]);
    }

    /// <summary>Which of the labels fits the picture. For many pictures, make the classifier once.</summary>
    /// <exception cref="ImageException">The file is not a picture that can be read.</exception>
    public LabelScores Classify(string file, params IReadOnlyList<string> labels) => CreateClassifier(labels).Classify(EncodeImage(file).Row(0));

    /// <summary>Labels made only of words that the model never met in training, where the model says which words it met. A classifier takes such a label for just anything, and never prefers it to one that is known.</summary>
    public IReadOnlyList<string> UnknownLabels(IEnumerable<string> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return Folder.KnownWords is { } known ? [.. labels.Where(known.NoneIn)] : [];
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    private ImageBatch Preprocess(int count, Action<int, Span<float>> process)
    {
        var p = Spec.Preprocess;
        var size = 3 * p.Height * p.Width;
        var pixels = new float[checked(count * size)];
        var errors = new Exception?[count];
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = Threads }, (i, loop) =>
        {
            try
            {
                process(i, pixels.AsSpan(i * size, size));
            }
            catch (Exception e)
            {
                errors[i] = e;
                loop.Break(); // those before it are still read: the first that fails is the one to tell
            }
        });
        if (Array.Find(errors, e => e is not null) is { } first) ExceptionDispatchInfo.Throw(first);
        return new ImageBatch(pixels, count, p.Height, p.Width);
    }

    private int Threads => _options.Threads ?? Environment.ProcessorCount;

    private Matrix EncodeChunks(IReadOnlyList<string> texts)
    {
        var pieces = _text.Value.TokenizeChunks(texts);
        var features = EncodeText(new TokenBatch(pieces.Ids, pieces.Owners.Length, _text.Value.Context.Length));
        var unit = features.Normalized();
        var sums = new float[texts.Count * features.Columns];
        var counts = new int[texts.Count];
        for (var i = 0; i < pieces.Owners.Length; i++)
        {
            var at = sums.AsSpan(pieces.Owners[i] * features.Columns, features.Columns);
            TensorPrimitives.Add(at, unit.Row(i), at);
            counts[pieces.Owners[i]]++;
        }
        for (var t = 0; t < counts.Length; t++)
        {
            var at = sums.AsSpan(t * features.Columns, features.Columns);
            if (counts[t] == 1) features.Row(Array.IndexOf(pieces.Owners, t)).CopyTo(at); // a text that fits is encoded as always
            else TensorPrimitives.Divide(at, counts[t], at);
        }
        return new Matrix(texts.Count, features.Columns, sums);
    }
}
