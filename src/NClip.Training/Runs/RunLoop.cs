using System.Diagnostics;
using NClip.Data;
using NClip.Training.Distributed;
using NClip.Training.Measuring;
using NClip.Training.Operators;
using NClip.Training.Optimization;
using NClip.Training.RunFiles;
using NClip.Training.Steps;
using static TorchSharp.torch;

namespace NClip.Training.Runs;

/// <summary>The steps of a run: batch, gradients, update, line, now and then a checkpoint and a figure. Of several processes all make the update, and the first one the rest.</summary>
internal sealed class RunLoop(RunPlan plan, Ranks ranks, AdamW optimizer, WeightAverage? average, Teacher? teacher, Checkpoints checkpoints, MetricsLog? metrics, EvaluationLog? evaluations, IRunObserver observer)
{
    private readonly RunSettings _settings = plan.Settings;
    private readonly TrainSettings _train = plan.Settings.Train;
    private readonly TorchModel _model = plan.Start.Model;
    private readonly Tripwire _tripwire = new(plan.Settings.Train.Tripwire);
    private readonly Dictionary<string, int> _classes = plan.Classes.Index().ToDictionary(c => c.Item, c => c.Index, StringComparer.Ordinal);
    private readonly LearningRate _rate = plan.Rate;
    private int _step, _saved, _epoch, _phase;
    private bool _epochBegan;
    private string? _order;

    /// <summary>Of the arithmetic; written with the position.</summary>
    public required int Threads { get; init; }

    /// <summary>Goes from a position to the end of the run.</summary>
    /// <param name="from">Where; null for the beginning.</param>
    /// <param name="broken">The ledger's file.</param>
    /// <param name="cancellation">Ends it behind a step, with a checkpoint.</param>
    public void Go(RunPosition? from, string? broken, CancellationToken cancellation)
    {
        if (from is not null) (_step, _saved, _order, _epoch, _phase, _tripwire.State) = (from.Step, from.Step, from.Order, from.Epoch, from.Ranks == ranks.Size ? from.Phase : 0, (from.LossSum, from.LossesSeen, from.LossesAbove));
        if (ranks.Any(!Measured(cancellation))) throw new OperationCanceledException(cancellation);
        if (_step >= plan.Steps) return;
        using var ledger = new BrokenSamples(broken);
        var order = new SampleOrder([.. plan.Sources.Select(s => new WeightedSource(s.Source, s.Settings.Weight))], new OrderOptions((ulong)_settings.Seed, Window: _train.Window));
        var gradients = new GradientSum(ranks, _model.Weights);
        var step = new ContrastiveStep(_model, new PairLoss(_train, _model, _settings.Distill.Weight), ranks, gradients);
        try
        {
            var watch = Stopwatch.StartNew();
            foreach (var batch in Batches(order, ledger, cancellation))
            {
                using (batch) One(step, gradients, batch, watch);
                var last = _step == plan.Steps;
                if (last || _step % _train.CheckpointEvery == 0) Save();
                if (ranks.Any(!Measured(cancellation) || (!last && cancellation.IsCancellationRequested))) throw new OperationCanceledException(cancellation);
                if (last) break;
            }
        }
        catch (OperationCanceledException)
        {
            if (_step > _saved) Save();
            throw;
        }
        if (ledger.Count > 0) observer.Note(FormattableString.Invariant($"{ledger.Count} broken samples were left out; {broken} names them"));
    }

    /// <summary>The batches behind the position. Several processes end together behind a step, so the token ends the reading of one alone.</summary>
    private IEnumerable<SharedBatch> Batches(SampleOrder order, BrokenSamples ledger, CancellationToken cancellation)
    {
        var from = _order is null ? null : OrderState.FromJson(_order);
        var options = new BatchOptions(_train.Batch, _train.Workers > 0 ? _train.Workers : ranks.Processors, MaxBroken: _train.MaxBroken);
        return ranks.Size == 1
            ? new BatchLoader(order, Augmentation(), options, ledger).ReadAsync(from, cancellation).ToBlockingEnumerable(cancellation).Select(SharedBatch.Alone)
            : new SharedBatchLoader(order, Augmentation(), options, new BatchShare(ranks.Rank, ranks.Size, _train.Batch), ranks.Union, ledger).ReadAsync(from, _phase, CancellationToken.None).ToBlockingEnumerable(CancellationToken.None);
    }

    /// <summary>Whether what is due was measured to its end.</summary>
    private bool Measured(CancellationToken cancellation)
    {
        try { evaluations?.At(_step, _epochBegan, _step == plan.Steps, _model, average, cancellation); }
        catch (OperationCanceledException) { return false; }
        return true;
    }

    private void One(ContrastiveStep step, GradientSum gradients, SharedBatch batch, Stopwatch watch)
    {
        using var scope = NewDisposeScope();
        var pairs = PairBatch.Of(batch, _model.Spec, plan.Start.Texts, _classes.Count > 0 ? _classes : null);
        var loss = step.Run(pairs, Mode, _train.Accumulate, teacher?.Logits(pairs, ranks));
        gradients.Run(batch.Counts);
        if (!double.IsFinite(loss)) throw Broken($"the loss is {loss}", BrokenTensor(pairs), batch);
        var norm = optimizer.GradientNorm();
        if (!double.IsFinite(norm)) throw Broken("a gradient is no number", $"gradient of '{optimizer.BrokenGradient()}'", batch);
        var rate = _rate.At(_step);
        optimizer.Step(rate, norm, _train.ClipNorm > 0 ? _train.ClipNorm : double.PositiveInfinity);
        _model.ClampLogitScale();
        average?.Update(_step);
        (_step, _order, _epoch, _epochBegan, _phase) = (_step + 1, batch.Next.ToJson(), batch.Epoch, batch.Epoch > _epoch, batch.Phase);
        var scale = _model.Weights.Has("temperature") ? -_model.Weights["temperature"].log().item<float>() : _model.Weights["logit_scale"].item<float>();
        var line = new StepMetrics(_step, batch.Epoch, (float)loss, rate, scale, norm, batch.Count / watch.Elapsed.TotalSeconds);
        watch.Restart();
        metrics?.Add(line);
        observer.Step(line, plan.Steps);
        _tripwire.Watch(_step, loss, Advice);
    }

    /// <summary>Equal for equal steps and parts, so that the second pass over a part draws what the first drew, and a resumed run what the other would have.</summary>
    private StepMode Mode(int part)
    {
        var m = _settings.Model;
        var common = new TrainingMode { BFloat16 = _train.Precision == "bf16", Recompute = _train.Recompute };
        var still = common with { BatchStatistics = false, Recompute = false };
        Generator Draws(string purpose) => new(SampleRandom.Of((ulong)_settings.Seed, purpose, number: ((long)_step << 20) + (ranks.Rank * _train.Accumulate) + part).Next());
        return new StepMode(
            m.LockImage ? still : common with { PatchDropout = m.PatchDropout, Dropout = m.Dropout, Random = m.PatchDropout + m.Dropout > 0 ? Draws("image tower") : null },
            m.LockText ? still : common with { Dropout = m.Dropout, Random = m.Dropout > 0 ? Draws("text tower") : null });
    }

    private void Save()
    {
        _saved = _step;
        if (metrics is null) return; // the first process writes for all
        metrics.ToDisk();
        var (sum, seen, above) = _tripwire.State;
        checkpoints.Save(new RunPosition(_step, _order!, Threads, sum, seen, above, _epoch, ranks.Size, _phase), _model.Weights, optimizer, average);
    }

    private Augmentation Augmentation()
    {
        var a = _settings.Augment;
        var jitter = a.Brightness + a.Contrast + a.Saturation + a.Hue > 0 ? new ColourJitter(a.Brightness, a.Contrast, a.Saturation, a.Hue) : null;
        return new Augmentation(_model.Spec.Preprocess, new AugmentationOptions(SmallestArea: a.SmallestArea, FlipChance: a.Flip, Jitter: jitter, JitterChance: a.JitterChance, GreyChance: a.Grey));
    }

    /// <summary>The first tensor on the way to the loss that has a value which is no number.</summary>
    private string BrokenTensor(PairBatch pairs)
    {
        using var _ = no_grad();
        static bool Bad(Tensor t) => !t.isfinite().all().item<bool>();
        if (_model.Weights.Where(_ => true).FirstOrDefault(w => Bad(w.Value)).Name is { } weight) return $"weight '{weight}'";
        return Bad(pairs.Pixels) ? "pixels of the batch"
            : Bad(_model.EncodeImages(pairs.Pixels, Mode(0).Image)) ? "features of the pictures"
            : Bad(_model.EncodeTexts(pairs.Tokens, Mode(0).Text)) ? "features of the texts"
            : "logits";
    }

    private DivergenceException Broken(string what, string tensor, SharedBatch batch) => new(FormattableString.Invariant(
        $"step {_step + 1}: {what}. The first tensor with a value that is no number: {tensor}. The batch: {batch.Count} pairs from {batch.Samples[0].Source}/{batch.Samples[0].Key} to {batch.Samples[^1].Source}/{batch.Samples[^1].Key}. {Advice}"));

    private string Advice => FormattableString.Invariant($"The weights of step {_saved} are {(_saved > 0 ? "in the last checkpoint" : "those it began with")}; lower lr (now {_train.Lr}), lengthen warmup, or set clip_norm = 1, in another output folder.");
}
