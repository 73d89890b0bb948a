using System.Text.Json;
using NClip.Architectures;
using NClip.Foundation;
using NClip.Text;
using NClip.Training.Operators;
using NClip.Training.Optimization;
using static TorchSharp.torch;

namespace NClip.Training.Runs;

/// <summary>Takes a run's figures when their steps come, and writes them to evaluations.jsonl: step, name, figures. A figure that falls far below its best is told of.</summary>
/// <param name="path">The file; appended to.</param>
/// <param name="all">Each with the steps between two measurements.</param>
/// <param name="observer">Who is told.</param>
internal sealed class EvaluationLog(string path, IReadOnlyList<(IRunEvaluation Evaluation, int Every)> all, IRunObserver observer)
{
    /// <summary>Share of its best value that the first figure may lose before somebody is told.</summary>
    private const double Loss = 0.1;

    private readonly Dictionary<string, double> _best = [];

    /// <summary>Measures what is due.</summary>
    public void At(int step, bool last, TorchModel model, WeightAverage? average, CancellationToken cancellation)
    {
        foreach (var (evaluation, every) in all)
        {
            if (!last && step % every != 0) continue;
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            var figures = evaluation.Measure(new Encoder(model, average), cancellation);
            Write(step, evaluation.Name, figures);
            observer.Measured(step, evaluation.Name, figures);
            if (figures.Count > 0) Guard(evaluation.Name, figures[0]);
        }
    }

    /// <summary>Fine-tuning destroys what a model knew before its loss shows it: the accident that is reported most.</summary>
    private void Guard(string name, (string Name, double Value) figure)
    {
        if (_best.TryGetValue(name, out var best) && figure.Value < best * (1 - Loss))
            observer.Note(FormattableString.Invariant($"warning: {name}: {figure.Name} was {best:g4} and is {figure.Value:g4}; training destroys what the model knew. Lower lr, use layer_decay or lock a tower"));
        _best[name] = Math.Max(figure.Value, best);
    }

    private void Write(int step, string name, IReadOnlyList<(string Name, double Value)> figures)
    {
        var line = new Dictionary<string, object> { ["step"] = step, ["name"] = name };
        foreach (var (key, value) in figures) line[key] = value;
        try
        {
            File.AppendAllText(path, JsonSerializer.Serialize(line) + "\n");
        }
        catch (Exception e) when (FileRefusal.Is(e))
        {
            throw new ClipException($"cannot be written: {FileRefusal.Why(e)}", path, e);
        }
    }

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
