using NClip.Architectures;

namespace NClip.Training.Measuring;

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

/// <summary>What a measurement gave.</summary>
/// <param name="Figures">Names of figures to their values, the most telling first: that one is watched.</param>
/// <param name="Examples">What the model did with single pictures; null where nobody asked.</param>
internal sealed record RunFigures(IReadOnlyList<(string Name, double Value)> Figures, RunExamples? Examples = null);

/// <summary>A figure that a run takes of its model every so many steps.</summary>
internal interface IRunEvaluation
{
    /// <summary>What it is called in evaluations.jsonl: kind and data.</summary>
    string Name { get; }

    /// <summary>Measures.</summary>
    /// <param name="model">At this step.</param>
    /// <param name="examples">Whether single pictures are wanted beside the figures.</param>
    /// <param name="cancellation">Ends it.</param>
    RunFigures Measure(IFeatureEncoder model, bool examples, CancellationToken cancellation);
}

/// <summary>An evaluation and when it is due.</summary>
/// <param name="Evaluation">What is measured.</param>
/// <param name="Every">Steps between two measurements; 0 is <see cref="Usual"/>, and each epoch where a model is fine-tuned.</param>
/// <param name="FineTuning">Whether the run begins with a model that knows something: then it is measured before the first step.</param>
internal sealed record ScheduledEvaluation(IRunEvaluation Evaluation, int Every, bool FineTuning)
{
    /// <summary>Steps where the file says none.</summary>
    public const int Usual = 1000;

    /// <summary>Whether it is due behind a step.</summary>
    /// <param name="step">Updates made.</param>
    /// <param name="epochBegan">Whether the data had just been seen whole.</param>
    /// <param name="last">Whether the run ends here.</param>
    public bool IsDue(int step, bool epochBegan, bool last) =>
        last || (step == 0 ? FineTuning : step % (Every > 0 ? Every : Usual) == 0 || (FineTuning && Every == 0 && epochBegan));
}
