using NClip.Inference;
using NClip.Training.Data;
using NClip.Training.Distributed;
using NClip.Training.Measuring;
using NClip.Training.Models;
using NClip.Training.Operators;
using NClip.Training.Optimization;
using NClip.Training.Reports;
using NClip.Training.RunFiles;
using NClip.Training.Steps;
using static TorchSharp.torch;

namespace NClip.Training.Runs;

/// <summary>Who is told of a run while it goes on.</summary>
internal interface IRunObserver
{
    /// <summary>Something that a person should know.</summary>
    void Note(string text);

    /// <summary>Something that a person must not miss.</summary>
    void Warn(string text) => Note($"warning: {text}");

    /// <summary>A step is done.</summary>
    /// <param name="metrics">What it gave.</param>
    /// <param name="steps">Steps of the whole run.</param>
    void Step(StepMetrics metrics, int steps);

    /// <summary>A figure was taken.</summary>
    void Measured(int step, string name, IReadOnlyList<(string Name, double Value)> figures);
}

/// <summary>A run from its plan to its model folder. Killed at any moment, the next one goes on at the last checkpoint and gives the same losses.</summary>
/// <param name="plan">What is done.</param>
/// <param name="evaluations">What is measured meanwhile, and when.</param>
/// <param name="observer">Who is told.</param>
internal sealed class TrainingRun(RunPlan plan, IReadOnlyList<ScheduledEvaluation> evaluations, IRunObserver observer)
{
    /// <summary>The processes that train together; all of them execute the run.</summary>
    public Ranks Ranks { get; init; } = Ranks.Alone();

    private readonly TrainSettings _train = plan.Settings.Train;
    private readonly TorchModel _model = plan.Start.Model;

    /// <summary>Goes on to the end, or until it is cancelled; then with a checkpoint of the last step.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled; the next run goes on.</exception>
    /// <exception cref="DivergenceException">Its numbers went wrong; nothing of them was written.</exception>
    /// <exception cref="ClipException">Something cannot be written, or the data has failed.</exception>
    public void Execute(CancellationToken cancellation)
    {
        var alone = Ranks.Size == 1 ? cancellation : CancellationToken.None; // several end together, between steps: one that left by itself would be waited for
        using var folder = Ranks.First(() => RunFolder.Open(plan.Settings.Output, plan.Identity));
        if (Ranks.FromFirst(folder?.IsFinished ?? false))
        {
            observer.Note($"{plan.Settings.Output}: the run is finished; its model is in {folder?.Model}");
            return;
        }
        foreach (var note in plan.Notes) observer.Note(note);
        AddClassifier();
        Lock();
        using var optimizer = Optimizer();
        using var average = _train.Ema > 0 ? new WeightAverage(Trained(), _train.Ema) : null;
        var checkpoints = new Checkpoints(folder?.Checkpoints ?? "", _train.Keep);
        var position = Ranks.FromFirst(Ranks.First(() => checkpoints.Load(_model.Weights, optimizer, average, path => observer.Note($"{path}: is not whole, the one before it is taken"))));
        Share(position, optimizer, average);
        if (position is not null) observer.Note(FormattableString.Invariant($"goes on at step {position.Step} of {plan.Steps}"));
        if (position is not null && position.Ranks != Ranks.Size) observer.Note(FormattableString.Invariant($"it was left by {position.Ranks} processes and goes on with {Ranks.Size}, which round otherwise"));
        var threads = _train.Threads > 0 ? _train.Threads : position?.Ranks == Ranks.Size ? position.Threads : Ranks.Processors;
        set_num_threads(threads);
        FreedMemory.Keep(); // every step asks for what the last one freed
        using var metrics = folder is null ? null : new MetricsLog(folder.Metrics, position?.Step ?? 0, folder.Events);
        using var teacher = plan.Settings.Distill.Teacher.Length > 0 ? new Teacher(StartingModel.Resolve(plan.Settings.Distill.Teacher, alone), _model.Spec) : null;
        using var figures = folder is null || metrics is null ? null : new EvaluationLog(folder.Evaluations, position?.Step ?? 0, evaluations, Guard, metrics, observer);
        new RunLoop(plan, Ranks, optimizer, average, teacher, checkpoints, metrics, figures, observer) { Threads = threads }.Go(position, folder?.Broken, cancellation);
        if (folder is null || metrics is null || figures is null) return; // the first process writes for all
        if (Ranks.Size > 1) observer.Note(Sent(plan.Steps - (position?.Step ?? 0)));
        metrics.ToDisk();
        var trained = average is null ? _model : _model with { Weights = _model.Weights.With(average.Values) };
        foreach (var alpha in _train.WiseFt) Blend(trained, alpha, folder, figures, alone);
        RunReport.Write(folder, plan.Identity, Guard, figures.Examples);
        if (plan.Classes.Count > 0) WriteClassifier(folder.Root);
        TrainedModelFolder.Write(plan.Start, name => trained.Weights[name], folder.Model);
        observer.Note($"the model is in {folder.Model}");
    }

    private FigureGuard Guard => new(_train.Guard, plan.Settings.Model.Init.Length > 0, _train.Lr);

    /// <summary>The model between the run's beginning and its end, measured and in a folder of its own.</summary>
    private void Blend(TorchModel trained, double alpha, RunFolder folder, EvaluationLog figures, CancellationToken cancellation)
    {
        using var first = StartingModel.Open(plan.Settings.Model, plan.Settings.Seed, cancellation);
        using var blend = BlendedModel.Of(first.Model, trained, alpha);
        figures.Beside(plan.Steps, FormattableString.Invariant($"wise_ft {alpha}"), blend, cancellation);
        var to = folder.WiseFt(alpha);
        if (!Directory.Exists(to)) TrainedModelFolder.Write(plan.Start, name => blend.Weights[name], to);
        observer.Note($"the model between the first and the last is in {to}");
    }

    /// <summary>All begin with the tensors of the first, so that it alone needs the run's folder.</summary>
    private void Share(RunPosition? position, AdamW optimizer, WeightAverage? average)
    {
        if (Ranks.Size == 1) return;
        using var _ = no_grad();
        foreach (var (name, value) in _model.Weights.Where(_ => true)) Ranks.FromFirst(value);
        if (position is null) return;
        foreach (var (name, value) in average?.Values ?? []) Ranks.FromFirst(value);
        optimizer.Take(position.Step, value => Ranks.FromFirst(value));
    }

    private string Sent(int steps)
    {
        string Each(long bytes) => FormattableString.Invariant($"{bytes / 1e6 / Math.Max(1, steps):f3} MB");
        return $"{Ranks.Size} processes on {Ranks.Seats.Select(s => s.Host).Distinct().Count()} hosts; a step of each gave {Each(Ranks.Traffic.Gathered)} of features and summed {Each(Ranks.Traffic.Summed)} of gradients";
    }

    private IEnumerable<(string Name, Tensor Value)> Trained() => _model.Weights.Where(_ => true).Where(t => t.Value.requires_grad);

    private AdamW Optimizer() => new(Trained(), _train.WeightDecay, ParameterRules.LayerRate(_model.Weights.Names, _train.LayerDecay), _train.Beta1, _train.Beta2, _train.Epsilon);

    /// <summary>The classifier of the pictures begins as torch's linear layers do, with no bias.</summary>
    private void AddClassifier()
    {
        if (plan.Classes.Count == 0) return;
        using var scope = NewDisposeScope();
        _model.Weights.Add(PairLoss.ClassWeight, new Initialisation(_model.Spec, plan.Settings.Seed).Uniform(PairLoss.ClassWeight, plan.Classes.Count, _model.Spec.EmbedDim));
        _model.Weights.Add(PairLoss.ClassBias, zeros(plan.Classes.Count));
    }

    private void Lock()
    {
        var m = plan.Settings.Model;
        if (m.LockImage) ParameterRules.Lock(_model.Weights.Where(ParameterRules.IsImage), m.UnlockedGroups);
        if (m.LockText) ParameterRules.Lock(_model.Weights.Where(n => !ParameterRules.IsImage(n) && !ParameterRules.IsShared(n)), m.UnlockedGroups);
    }

    private void WriteClassifier(string folder)
    {
        SafetensorsFile.Write(Path.Combine(folder, "head.safetensors"), [("weight", _model.Weights[PairLoss.ClassWeight]), ("bias", _model.Weights[PairLoss.ClassBias])],
            metadata: new Dictionary<string, string> { ["classes"] = System.Text.Json.JsonSerializer.Serialize(plan.Classes) });
    }
}
