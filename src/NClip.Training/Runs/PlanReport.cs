using System.Globalization;
using System.Text;
using NClip.Training.Operators;

namespace NClip.Training.Runs;

/// <summary>A plan in words: what <c>--dry-run</c> prints.</summary>
internal static class PlanReport
{
    /// <summary>Sources with their shards and counts, model, steps, memory.</summary>
    public static string Of(RunPlan plan)
    {
        var (text, train) = (new StringBuilder(), plan.Settings.Train);
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Line($"output     {plan.Settings.Output}");
        foreach (var s in plan.Sources)
        {
            Line($"data       {s.Settings.Source}, weight {s.Settings.Weight}: {s.Count?.Pairs?.ToString("N0", CultureInfo.InvariantCulture) ?? "an unknown number of"} pairs in {s.Source.PartCount:N0} parts");
            foreach (var part in Enumerable.Range(0, s.Source.PartCount).Take(5)) Line($"             {s.Source.PartName(part)}");
            if (s.Source.PartCount > 5) Line($"             ... {s.Source.PartCount - 5:N0} more");
        }
        var spec = plan.Start.Model.Spec;
        Line($"model      {spec.ImageTower}; {spec.TextTower}; {spec.EmbedDim} features; {Count(plan):N0} parameters");
        if (plan.Classes.Count > 0) Line($"classes    {plan.Classes.Count}");
        Line($"steps      {plan.Steps:N0} of {train.Batch} pairs{Epochs(plan)}");
        Line($"lr         {plan.Rate.At(0):g3} at first, {train.Lr:g3} after {train.Warmup} steps, {plan.Rate.At(plan.Steps - 1):g3} at last ({train.Schedule})");
        foreach (var note in plan.Notes) Line($"note       {note}");
        if (MemoryPlan.Of(plan) is not { } memory) return text.ToString();
        Line($"memory     about {memory.Total(plan.Settings) >> 20:N0} MB: weights, gradients and moments {memory.State >> 20:N0}, and {memory.Pair / 1048576.0:f1} for each of {train.Batch / train.Accumulate} pairs at once");
        Line($"           {memory.Advice(plan.Settings)}");
        return text.ToString();
    }

    private static long Count(RunPlan plan) => plan.Start.Model.Weights.Where(TorchModel.IsTrained).Sum(t => t.Value.NumberOfElements);

    private static string Epochs(RunPlan plan)
    {
        var pairs = plan.Sources.Sum(s => s.Count?.Pairs ?? 0);
        return pairs == 0 || plan.Sources.Any(s => s.Count?.Pairs is null) ? "" : string.Create(CultureInfo.InvariantCulture, $", {(double)plan.Steps * plan.Settings.Train.Batch / pairs:f2} times the data");
    }
}
