using NClip.Training.RunFiles;
using NClip.Training.Runs;

namespace NClip.Training.Measuring;

/// <summary>The kinds of figures that a run can take of itself.</summary>
internal static class RunEvaluations
{
    /// <summary>Kind to what makes it from its settings.</summary>
    private static readonly Dictionary<string, Func<EvaluationSettings, RunPlan, IRunEvaluation>> _kinds = new(StringComparer.Ordinal)
    {
        ["pairs"] = (s, plan) => new HeldOutPairs(s, plan),
        ["retrieval"] = (s, plan) => new RetrievalOfRun(s, plan),
        ["zero-shot"] = (s, plan) => new ZeroShotOfRun(s, plan),
    };

    /// <summary>What a plan's file asks for.</summary>
    /// <exception cref="ClipException">A kind is none of these, or its data or classes are not there.</exception>
    public static IReadOnlyList<ScheduledEvaluation> Of(RunPlan plan) =>
        [.. plan.Settings.Evaluations.Select(s => new ScheduledEvaluation(_kinds.TryGetValue(s.Kind, out var make)
            ? make(s, plan)
            : throw new RunFileException($"data.eval.kind is \"{Foundation.Shown.Name(s.Kind)}\"; one of {string.Join(", ", _kinds.Keys)} was expected."), s.Every, plan.Settings.Model.Init.Length > 0))];
}
