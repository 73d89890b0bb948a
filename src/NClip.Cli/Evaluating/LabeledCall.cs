using NClip.Evaluation;

namespace NClip.Cli.Evaluating;

/// <summary>What probes and adapters of a call learn from and are measured on: features with classes.</summary>
/// <param name="Classes">The classes.</param>
/// <param name="Train">What is learnt from.</param>
/// <param name="Validation">What chooses, or null.</param>
/// <param name="Test">What is measured on, or null.</param>
internal sealed record LabeledCall(ClassList Classes, LabeledFeatures Train, LabeledFeatures? Validation, LabeledFeatures? Test)
{
    /// <summary>Encodes the sources. Classes are those given, or those of the training data.</summary>
    public static async Task<LabeledCall> ReadAsync(Clip clip, ClassList? classes, string train, string? validation, string? test, Terminal terminal, Failures failures, CancellationToken stop)
    {
        var samples = await EvaluationCall.EncodeAsync(clip, train, terminal, failures, stop).ConfigureAwait(false);
        var all = classes ?? ClassList.Of(samples);
        async Task<LabeledFeatures?> Other(string? source) => source is null ? null : (await EvaluationCall.EncodeAsync(clip, source, terminal, failures, stop).ConfigureAwait(false)).Labeled(all);
        return new(all, samples.Labeled(all), await Other(validation).ConfigureAwait(false), await Other(test).ConfigureAwait(false));
    }

    /// <summary>A probe of all training samples, whose C is given or searched on the validation samples, or on a fifth of the training samples.</summary>
    public ProbeFit Probe(double? c, ulong seed, CancellationToken stop)
    {
        var (train, validation) = Validation is { } v ? (Train, v) : c is null ? LinearProbe.Split(Train, seed) : (Train, Train);
        C = c ?? LinearProbe.Search(train, validation, cancellationToken: stop).C;
        return LinearProbe.Fit(Train, C, cancellationToken: stop);
    }

    /// <summary>The C of the last probe.</summary>
    public double C { get; private set; }

    /// <summary>Top-1 of a head on the test samples.</summary>
    public static double Top1(FeatureHead head, LabeledFeatures samples) => Classification.Measure(head.Logits(samples.Features), samples.Labels).Top1;
}
