using NClip.Evaluation;

namespace NClip.Cli.Evaluating;

/// <summary>The ways in which a few samples adapt a model.</summary>
internal enum AdaptMethod { TipAdapter, TipAdapterF, LinearProbePlus }

/// <summary>Few samples and class weights -> a head.</summary>
internal static class Adapters
{
    /// <summary>Makes the head. Tip-Adapter's alpha and beta are searched where there are validation samples.</summary>
    public static FeatureHead Fit(AdaptMethod method, LabeledFeatures shots, Matrix text, LabeledFeatures? validation, CancellationToken stop)
    {
        if (method == AdaptMethod.LinearProbePlus) return LinearProbePlus.Fit(shots, text, cancellationToken: stop);
        var adapter = TipAdapter.Of(shots, text);
        if (method == AdaptMethod.TipAdapterF) adapter = adapter.FineTuned(shots, cancellationToken: stop);
        return validation is null ? adapter : adapter.Search(validation, cancellationToken: stop).Best;
    }
}
