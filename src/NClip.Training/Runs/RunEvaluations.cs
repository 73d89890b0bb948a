using NClip.Training.RunFiles;

namespace NClip.Training.Runs;

/// <summary>The kinds of figures that a run can take of itself.</summary>
internal static class RunEvaluations
{
    /// <summary>Kind to what makes it from its settings.</summary>
    private static readonly Dictionary<string, Func<EvaluationSettings, RunPlan, IRunEvaluation>> _kinds = new(StringComparer.Ordinal)
    {
        ["pairs"] = (s, plan) => new HeldOutPairs(s, plan),
    };

    /// <summary>What a plan's file asks for.</summary>
    /// <exception cref="RunFileException">A kind is none of these.</exception>
    public static IReadOnlyList<(IRunEvaluation Evaluation, int Every)> Of(RunPlan plan) =>
        [.. plan.Settings.Evaluations.Select(s => (_kinds.TryGetValue(s.Kind, out var make)
            ? make(s, plan)
            : throw new RunFileException($"data.eval.kind is \"{Foundation.Shown.Name(s.Kind)}\"; one of {string.Join(", ", _kinds.Keys)} was expected."), s.Every))];
}
