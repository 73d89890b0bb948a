using NClip.Architectures;

namespace NClip.Training.Runs;

/// <summary>The model under training, as those see it who measure it. Not thread-safe.</summary>
internal interface IFeatureEncoder
{
    /// <summary>What it is.</summary>
    ClipSpec Spec { get; }

    /// <summary>Features [count, D] of length 1 of pixels [count, 3, H, W], normalised as <see cref="ClipSpec.Preprocess"/> says.</summary>
    float[] EncodeImages(ReadOnlyMemory<float> pixels, int count);

    /// <summary>Features [N, D] of length 1 of texts; longer ones are cut.</summary>
    float[] EncodeTexts(IReadOnlyList<string> texts);
}

/// <summary>A figure that a run takes of its model every so many steps.</summary>
internal interface IRunEvaluation
{
    /// <summary>What it is called in evaluations.jsonl: kind and data.</summary>
    string Name { get; }

    /// <summary>Names of figures to their values, the most telling first.</summary>
    IReadOnlyList<(string Name, double Value)> Measure(IFeatureEncoder model, CancellationToken cancellation);
}
