using System.Text.Json;
using NClip.Architectures;
using NClip.Foundation;
using NClip.Text;
using NClip.Training.Operators;
using NClip.Training.Optimization;
using static TorchSharp.torch;

namespace NClip.Training.Runs;

/// <summary>Takes a run's figures when their steps come, and writes them to evaluations.jsonl: step, name, figures. A figure that falls far below its best is told of.</summary>
internal sealed class EvaluationLog : IDisposable
{
    /// <summary>Share of its best value that the first figure may lose before somebody is told.</summary>
    private const double Loss = 0.1;

    private readonly Dictionary<string, double> _best = [];
    private readonly IReadOnlyList<(IRunEvaluation Evaluation, int Every)> _all;
    private readonly IRunObserver _observer;
    private readonly FileStream _file;

    /// <param name="path">The file; what it has beyond <paramref name="step"/> is taken away.</param>
    /// <param name="step">The last step that counts.</param>
    /// <param name="all">Each with the steps between two measurements.</param>
    /// <param name="observer">Who is told.</param>
    /// <exception cref="ClipException">The file cannot be written.</exception>
    public EvaluationLog(string path, int step, IReadOnlyList<(IRunEvaluation Evaluation, int Every)> all, IRunObserver observer)
    {
        (_all, _observer) = (all, observer);
        try
        {
            _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            foreach (var line in StepLines.CutBehind(_file, step)) Remember(line);
        }
        catch (Exception e) when (FileRefusal.Is(e))
        {
            _file?.Dispose();
            throw new ClipException($"cannot be written: {FileRefusal.Why(e)}", path, e);
        }
    }

    /// <summary>Measures what is due.</summary>
    public void At(int step, bool last, TorchModel model, WeightAverage? average, CancellationToken cancellation)
    {
        foreach (var (evaluation, every) in _all)
        {
            if (!last && step % every != 0) continue;
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            var figures = evaluation.Measure(new Encoder(model, average), cancellation);
            Write(step, evaluation.Name, figures);
            _observer.Measured(step, evaluation.Name, figures);
            if (figures.Count > 0) Guard(evaluation.Name, figures[0]);
        }
    }

    /// <summary>Fine-tuning destroys what a model knew before its loss shows it: the accident that is reported most.</summary>
    private void Guard(string name, (string Name, double Value) figure)
    {
        if (_best.TryGetValue(name, out var best) && figure.Value < best * (1 - Loss))
            _observer.Note(FormattableString.Invariant($"warning: {name}: {figure.Name} was {best:g4} and is {figure.Value:g4}; training destroys what the model knew. Lower lr, use layer_decay or lock a tower"));
        _best[name] = Math.Max(figure.Value, best);
    }

    private void Write(int step, string name, IReadOnlyList<(string Name, double Value)> figures)
    {
        var line = new Dictionary<string, object> { ["step"] = step, ["name"] = name };
        foreach (var (key, value) in figures) line[key] = value;
        try
        {
            _file.Write([.. JsonSerializer.SerializeToUtf8Bytes(line), (byte)'\n']);
            _file.Flush();
        }
        catch (IOException e)
        {
            throw new ClipException($"cannot be written: {FileRefusal.Why(e)}", _file.Name, e);
        }
    }

    /// <summary>The best of the first figures that an earlier process measured.</summary>
    private void Remember(string line)
    {
        using var json = JsonDocument.Parse(line);
        var name = json.RootElement.GetProperty("name").GetString()!;
        if (json.RootElement.EnumerateObject().FirstOrDefault(p => p.Name != "step" && p.Value.ValueKind == JsonValueKind.Number) is { Value.ValueKind: JsonValueKind.Number } first)
            _best[name] = Math.Max(_best.GetValueOrDefault(name, double.MinValue), first.Value.GetDouble());
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>The model of this step: the average where the run has one.</summary>
    private sealed class Encoder(TorchModel model, WeightAverage? average) : IFeatureEncoder
    {
        private readonly TorchModel _model = average is null ? model : model with { Weights = model.Weights.With(average.Values) };

        public ClipSpec Spec => model.Spec;

        public float[] EncodeImages(ReadOnlyMemory<float> pixels, int count) =>
            Unit(() => _model.EncodeImages(tensor(pixels.ToArray()).reshape(count, 3, Spec.Image.Height, Spec.Image.Width)));

        public float[] EncodeTexts(IReadOnlyList<string> texts) =>
            Unit(() => _model.EncodeTexts(tensor(Spec.Texts.Tokenize(texts, ContextOverflow.Truncate)).reshape(texts.Count, -1)));

        private static float[] Unit(Func<Tensor> features)
        {
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            return nn.functional.normalize(features(), dim: 1).data<float>().ToArray();
        }
    }
}
