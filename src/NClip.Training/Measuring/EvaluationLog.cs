using System.Text.Json;
using NClip.Foundation;
using NClip.Training.Operators;
using NClip.Training.Optimization;
using NClip.Training.Runs;
using static TorchSharp.torch;

namespace NClip.Training.Measuring;

/// <summary>Takes a run's figures when their steps come, and writes them to evaluations.jsonl (step, name, figures) and for TensorBoard. A figure that falls far below its best is told of.</summary>
internal sealed class EvaluationLog : IDisposable
{
    private readonly Dictionary<string, (double Value, int Step)> _best = [];
    private readonly HashSet<(int Step, string Name)> _done = [];
    private readonly IReadOnlyList<ScheduledEvaluation> _all;
    private readonly MetricsLog _metrics;
    private readonly FigureGuard _guard;
    private readonly IRunObserver _observer;
    private readonly FileStream _file;

    /// <param name="path">The file; what it has beyond <paramref name="step"/> is taken away.</param>
    /// <param name="step">The last step that counts.</param>
    /// <param name="all">What is measured, and when.</param>
    /// <param name="guard">Whose figures may fall how far.</param>
    /// <param name="metrics">Shows figures beside the steps.</param>
    /// <param name="observer">Who is told.</param>
    /// <exception cref="ClipException">The file cannot be written.</exception>
    public EvaluationLog(string path, int step, IReadOnlyList<ScheduledEvaluation> all, FigureGuard guard, MetricsLog metrics, IRunObserver observer)
    {
        (_all, _guard, _metrics, _observer) = (all, guard, metrics, observer);
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

    /// <summary>What single pictures of the last step's evaluations show, by the evaluation's name.</summary>
    public List<(string Name, RunExamples Examples)> Examples { get; } = [];

    /// <summary>Measures what is due behind a step, each once: a run that goes on takes what the one before it did not come to.</summary>
    public void At(int step, bool epochBegan, bool last, TorchModel model, WeightAverage? average, CancellationToken cancellation)
    {
        foreach (var planned in _all.Where(p => p.IsDue(step, epochBegan, last) && (last || !_done.Contains((step, p.Evaluation.Name)))))
        {
            var measured = Measure(planned.Evaluation, planned.Evaluation.Name, step, last, average is null ? model : model with { Weights = model.Weights.With(average.Values) }, cancellation);
            if (measured.Examples is { } examples) Examples.Add((planned.Evaluation.Name, examples));
            if (measured.Figures.Count > 0) Watch(planned.Evaluation.Name, step, measured.Figures[0]);
        }
    }

    /// <summary>Measures everything of another model than the run's, such as one between its beginning and its end.</summary>
    /// <param name="step">Of the run.</param>
    /// <param name="of">What the model is, behind the evaluation's name.</param>
    /// <param name="model">The model.</param>
    /// <param name="cancellation">Ends it.</param>
    public void Beside(int step, string of, TorchModel model, CancellationToken cancellation)
    {
        foreach (var planned in _all) Measure(planned.Evaluation, $"{planned.Evaluation.Name}, {of}", step, examples: false, model, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private RunFigures Measure(IRunEvaluation evaluation, string name, int step, bool examples, TorchModel model, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var measured = evaluation.Measure(new TorchEncoder(model), examples, cancellation);
        if (!_done.Add((step, name))) return measured;
        Write(step, name, measured.Figures);
        _metrics.Figures(step, name, measured.Figures);
        _observer.Measured(step, name, measured.Figures);
        return measured;
    }

    private void Watch(string name, int step, (string Name, double Value) figure)
    {
        if (_best.TryGetValue(name, out var best) && _guard.Lost(best.Value, figure.Value)) _observer.Warn(_guard.Message(name, figure, step, best.Value, best.Step));
        if (best.Value < figure.Value || !_best.ContainsKey(name)) _best[name] = (figure.Value, step);
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

    /// <summary>What an earlier process measured.</summary>
    private void Remember(string line)
    {
        using var json = JsonDocument.Parse(line);
        var (name, step) = (json.RootElement.GetProperty("name").GetString()!, json.RootElement.GetProperty("step").GetInt32());
        _done.Add((step, name));
        (string Name, double Value)[] figures = [.. json.RootElement.EnumerateObject().Where(p => p.Name != "step" && p.Value.ValueKind == JsonValueKind.Number).Select(p => (p.Name, p.Value.GetDouble()))];
        _metrics.Figures(step, name, figures);
        if (figures.Length > 0 && (!_best.TryGetValue(name, out var best) || best.Value < figures[0].Value)) _best[name] = (figures[0].Value, step);
    }
}
