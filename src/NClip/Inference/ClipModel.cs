using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Graphs;
using NClip.Towers;

namespace NClip.Inference;

/// <summary>The parts of a model, loaded from a checkpoint: tensors in, unnormalised features out. Thread-safe.</summary>
internal sealed class ClipModel : IDisposable
{
    private readonly StateDict _file;
    private readonly TowerOptions _options;
    private readonly Dictionary<string, PartSession> _parts;
    private readonly TokenRows? _rows;
    private readonly Lock _converting = new();
    private readonly Lifetime _life = new("model");
    private readonly Lazy<int> _atATime;
    private ConvertedWeights? _weights, _whole;

    private ClipModel(StateDict file, ModelTensors tensors, ClipSpec spec, string? configFile, TowerOptions options)
    {
        (_file, Tensors, Spec, ConfigFile, _options) = (file, tensors, spec, configFile, options);
        (LogitScale, LogitBias) = (spec.Family.HasTemperature ? 1 / Scalar("temperature") : MathF.Exp(Scalar("logit_scale")), Scalar("logit_bias"));
        _rows = TokenRows.Of(spec.Text.Derive(tensors), spec, options);
        // Integers are scaled by what is largest in a run, so its company would change more than a picture's last bits.
        _atATime = new(() => options is { Precision: Precision.Float32, Provider: ExecutionProvider.Cpu } && tensors.Own is not { IsInt8: true } ? PictureRuns.AtATime(spec.Image) : options.BatchSize);
        _parts = spec.Parts.Select(p => p is TextPart t ? t with { TakesRows = _rows is not null } : p).ToDictionary(p => p.Name, p => new PartSession(p, c => PartGraph.Of(p, Weights(c)), options));
    }

    /// <summary>What the model is.</summary>
    public ClipSpec Spec { get; }

    /// <summary>Its tensors under canonical names, as the checkpoint stores them.</summary>
    public ModelTensors Tensors { get; }

    /// <summary>The configuration that was given with it; null: what lies beside the weights, if anything.</summary>
    public string? ConfigFile { get; }

    /// <summary>exp(logit_scale): cosines are multiplied by it.</summary>
    public float LogitScale { get; }

    /// <summary>logit_bias, 0 where the model has none.</summary>
    public float LogitBias { get; }

    /// <summary>Opens a weight file or a model's folder. Weights are converted, where they have to be, and sessions are made when a tower first runs.</summary>
    /// <param name="fileOrFolder">Any format that <see cref="StateDict.Open"/> reads.</param>
    /// <param name="configFile">config.json or open_clip_config.json; null looks beside the weights, then goes by the tensors' shapes.</param>
    /// <param name="options">How it is run.</param>
    /// <exception cref="CheckpointException">Unreadable, or its tensors do not fit the architecture.</exception>
    public static ClipModel Load(string fileOrFolder, string? configFile, TowerOptions options)
    {
        options.Validated();
        var file = StateDict.Open(fileOrFolder);
        try
        {
            var tensors = NamingMap.Apply(file);
            var spec = SpecReader.Read(tensors, fileOrFolder, configFile);
            tensors.Check(spec);
            return new ClipModel(file, tensors, spec, configFile, options);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Throws where the model was disposed.</summary>
    /// <exception cref="ObjectDisposedException">It was.</exception>
    public void ThrowIfDisposed() => _life.ThrowIfOver();

    /// <summary>Features of preprocessed images.</summary>
    /// <param name="pixels">[count, 3, H, W], normalised as <see cref="ClipSpec.Preprocess"/> says.</param>
    /// <param name="count">Number of images.</param>
    /// <param name="cancellation">Stops between batches and inside one.</param>
    /// <returns>[count, D], not normalised.</returns>
    public float[] EncodeImages(ReadOnlyMemory<float> pixels, int count, CancellationToken cancellation = default) =>
        EncodeImages(new ImageBatch(pixels, count, Spec.Image.Height, Spec.Image.Width), cancellation);

    /// <summary>The same of a batch, which may be patches where the tower takes them.</summary>
    /// <returns>[N, D], not normalised.</returns>
    public float[] EncodeImages(ImageBatch images, CancellationToken cancellation = default)
    {
        ThrowIfDisposed();
        Spec.Need(ImagePart.Key, Tensors.File);
        if (Spec.Image.PatchInput is { } side) return EncodePatches(PatchRows.Of(images, side), cancellation);
        var (h, w) = (Spec.Image.Height, Spec.Image.Width);
        var (pixels, count, one) = (images.Pixels, images.Count, 3 * h * w);
        if (pixels.Length != count * (long)one || images.Sizes is not null) throw new ArgumentException($"{count} image(s) of this model have {count * (long)one} values [N, 3, {h}, {w}]; {pixels.Length} were given{(images.Sizes is null ? "" : ", as patches")}.");
        return Runs(PictureRuns.Of(count, _options.BatchSize, count > PictureRuns.Few ? _atATime.Value : PictureRuns.Few), count, (i, n, to, stop) =>
        {
            using var x = PartSession.Value(pixels.Slice(i * one, n * one), n, 3, h, w);
            _parts[ImagePart.Key].Run([x], to, n, stop);
        }, cancellation);
    }

    /// <summary>Features of patches, by a tower that takes them.</summary>
    /// <returns>[N, D], not normalised.</returns>
    public float[] EncodePatches(PatchRows rows, CancellationToken cancellation = default)
    {
        ThrowIfDisposed();
        return Runs(Batches(rows.Count), rows.Count, (i, n, to, stop) =>
        {
            var batch = rows.Slice(i, n);
            using var values = PartSession.Value(batch.Values, n, batch.Length, batch.Values.Length / (n * batch.Length));
            using var mask = PartSession.Value(batch.Mask, n, batch.Length);
            using var shapes = PartSession.Value(batch.Shapes, n, 2);
            _parts[ImagePart.Key].Run([values, mask, shapes], to, n, stop);
        }, cancellation);
    }

    /// <summary>Features of token rows.</summary>
    /// <param name="tokens">[count, L], L at most the context.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="cancellation">Stops between batches and inside one.</param>
    /// <returns>[count, D], not normalised.</returns>
    public float[] EncodeTexts(ReadOnlyMemory<long> tokens, int count, CancellationToken cancellation = default)
    {
        ThrowIfDisposed();
        Spec.Need(TextPart.Key, Tensors.File);
        var length = count == 0 ? 0 : tokens.Length / count;
        if (length * count != tokens.Length || length > Spec.Text.Context || (count > 0 && length == 0))
            throw new ArgumentException($"{tokens.Length} token ids are not {count} row(s) of at most {Spec.Text.Context} (this model's context).");
        foreach (var id in tokens.Span)
            if (id < 0 || id >= Spec.Text.Vocabulary) throw new ArgumentException($"token id {id} is outside this model's vocabulary of {Spec.Text.Vocabulary}; another model's tokenizer was used.");
        if (count > _options.BatchSize && Spec.Text.Order(tokens.Span[..length]) is not null) return EncodeSorted(tokens, count, length, cancellation);
        return EncodeInOrder(tokens, count, length, cancellation);
    }

    /// <summary>Makes the sessions of all parts now, side by side, instead of each at its first run.</summary>
    public Task WarmAsync(CancellationToken cancellation = default) => Task.WhenAll(_parts.Values.Select(p => Task.Run(() => _life.Run(p.Warm, cancellation), cancellation)));

    /// <summary>The tensors that the towers run with: converted at the first call, if they have to be.</summary>
    /// <exception cref="ClipException">They need a cache folder, and it cannot be written.</exception>
    public ModelTensors Weights(CancellationToken cancellation = default)
    {
        ThrowIfDisposed();
        lock (_converting) return (_weights ??= ConvertedWeights.Of(_file, Tensors, Spec, _options, cancellation)).Tensors;
    }

    /// <summary>The same with the token table, whose rows this model reads from the checkpoint where it is large: what a graph takes that has to stand alone.</summary>
    /// <exception cref="ClipException">They need a cache folder, and it cannot be written.</exception>
    public ModelTensors WholeWeights(CancellationToken cancellation = default)
    {
        if (_rows is null) return Weights(cancellation);
        ThrowIfDisposed();
        lock (_converting) return (_whole ??= ConvertedWeights.Of(_file, Tensors, Spec, _options with { RowsAbove = long.MaxValue }, cancellation)).Tensors;
    }

    /// <summary>Frees the memory. Batches that run are cancelled and waited for; their calls, and every later one, throw ObjectDisposedException.</summary>
    public void Dispose()
    {
        if (!_life.End()) return;
        foreach (var part in _parts.Values) part.Dispose();
        _weights?.Dispose();
        _whole?.Dispose();
        _file.Dispose();
        _life.Dispose();
    }

    private float[] EncodeInOrder(ReadOnlyMemory<long> tokens, int count, int length, CancellationToken cancellation) => Runs(Batches(count), count, (i, n, to, stop) =>
    {
        var (rows, used) = Trim(tokens.Slice(i * length, n * length), n, length);
        RunTexts(rows, n, used, to, stop);
    }, cancellation);

    /// <summary>Rows of like length together; features in the given order.</summary>
    private float[] EncodeSorted(ReadOnlyMemory<long> tokens, int count, int length, CancellationToken cancellation)
    {
        int[] order = [.. Enumerable.Range(0, count).OrderBy(i => Spec.Text.Order(tokens.Span.Slice(i * length, length)))];
        var sorted = new long[count * length];
        foreach (var (to, from) in order.Index()) tokens.Span.Slice(from * length, length).CopyTo(sorted.AsSpan(to * length));
        var (features, width) = (EncodeInOrder(sorted, count, length, cancellation), Spec.EmbedDim);
        var back = new float[features.Length];
        foreach (var (from, to) in order.Index()) features.AsSpan(from * width, width).CopyTo(back.AsSpan(to * width));
        return back;
    }

    private void RunTexts(ReadOnlyMemory<long> ids, int count, int length, Memory<float> features, CancellationToken stop)
    {
        using var x = PartSession.Value(ids, count, length);
        using var rows = _rows is null ? null : PartSession.Value<float>(_rows.Of(ids), count, length, _rows.Width);
        _parts[TextPart.Key].Run(rows is null ? [x] : [x, rows], features, count, stop);
    }

    private IEnumerable<(int First, int Count)> Batches(int count) => PictureRuns.Of(count, _options.BatchSize, _options.BatchSize);

    /// <summary>Features [count, D] of runs: (first, number, where to, stop).</summary>
    private float[] Runs(IEnumerable<(int First, int Count)> runs, int count, Action<int, int, Memory<float>, CancellationToken> run, CancellationToken cancellation)
    {
        var features = new float[count * Spec.EmbedDim];
        foreach (var (first, n) in runs)
        {
            var to = features.AsMemory(first * Spec.EmbedDim, n * Spec.EmbedDim);
            _life.Run(stop => run(first, n, to, stop), cancellation);
        }
        return features;
    }

    /// <summary>Cuts off the columns that no row's feature depends on: a causal tower never sees what follows its pooled token.</summary>
    private (ReadOnlyMemory<long> Rows, int Length) Trim(ReadOnlyMemory<long> rows, int count, int length)
    {
        var used = 1;
        for (var i = 0; i < count && used < length; i++) used = Math.Max(used, Spec.Text.UsedLength(rows.Span.Slice(i * length, length)));
        if (used >= length) return (rows, length);
        var cut = new long[count * used];
        for (var i = 0; i < count; i++) rows.Span.Slice(i * length, used).CopyTo(cut.AsSpan(i * used));
        return (cut, used);
    }

    private float Scalar(string name) => Tensors.Has(name) ? Tensors[name].ToFloat32()[0] : 0;
}
