using System.Globalization;
using NClip.Text;
using NClip.Training.Operators;
using NClip.Training.RunFiles;
using NClip.Training.Steps;
using static TorchSharp.torch;

namespace NClip.Training.Runs;

/// <summary>The memory that a run needs, found by a step of a few pairs and one of a few more: what the second takes beyond the first is the pairs'.</summary>
/// <param name="State">Bytes of weights, gradients, moments and the average.</param>
/// <param name="Pair">Bytes that each pair of a part takes.</param>
/// <param name="Program">Bytes of the process beside them.</param>
internal sealed record MemoryPlan(long State, long Pair, long Program)
{
    private const int Few = 4, More = 12;

    /// <summary>Measures; null where the system does not tell a process its memory.</summary>
    public static MemoryPlan? Of(RunPlan plan)
    {
        if (!File.Exists("/proc/self/clear_refs")) return null;
        var model = plan.Start.Model;
        var step = new ContrastiveStep(model, new PairLoss(plan.Settings.Train with { Loss = model.Weights.Has("logit_bias") ? "siglip" : "clip" }, model));
        var mode = StepMode.Both(new TrainingMode(PatchDropout: plan.Settings.Model.PatchDropout) { MovesStatistics = false, BFloat16 = plan.Settings.Train.Precision == "bf16", Recompute = plan.Settings.Train.Recompute });
        long Peak(int pairs)
        {
            using var scope = NewDisposeScope();
            var spec = model.Spec;
            var captions = Enumerable.Repeat(string.Join(' ', Enumerable.Repeat("photo", spec.ContextLength)), pairs).ToArray();
            var batch = new PairBatch(zeros(pairs, 3, spec.Image.Height, spec.Image.Width), tensor(plan.Start.Texts.Tokenize(captions, ContextOverflow.Truncate)).reshape(pairs, -1), captions);
            File.WriteAllText("/proc/self/clear_refs", "5"); // the highest value is taken anew
            step.Run(batch, _ => mode);
            return Status("VmHWM:");
        }
        Peak(Few); // gradients are made, libraries loaded
        var (few, more) = (Peak(Few), Peak(More));
        var weights = model.Weights.Where(_ => true).Sum(w => w.Value.NumberOfElements * sizeof(float));
        return new MemoryPlan(weights * (plan.Settings.Train.Ema > 0 ? 5 : 4), Math.Max(1, (more - few) / (More - Few)), few - (2 * weights));
    }

    /// <summary>Bytes of the whole run.</summary>
    public long Total(RunSettings s) => Program + State + (Pair * (s.Train.Batch / s.Train.Accumulate));

    /// <summary>The largest batch that this machine holds, and what to trade for more.</summary>
    public string Advice(RunSettings s)
    {
        var free = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - Program - State;
        var most = Math.Max(0, free * 9 / 10 / Pair);
        var parts = Enumerable.Range(0, 17).Select(i => 1 << i).FirstOrDefault(k => s.Train.Batch % k == 0 && s.Train.Batch / k <= most);
        return string.Create(CultureInfo.InvariantCulture, $"at most {most:N0} pairs at once fit here") + (most >= s.Train.Batch / s.Train.Accumulate ? "" : parts > 1
            ? string.Create(CultureInfo.InvariantCulture, $": set accumulate = {parts} (a third more time), recompute = true, or a smaller batch")
            : ": a smaller model, or another machine");
    }

    private static long Status(string key) => long.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith(key, StringComparison.Ordinal))[key.Length..^2].Trim(), CultureInfo.InvariantCulture) << 10;
}
