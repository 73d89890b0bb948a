namespace NClip.Training.Measuring;

/// <summary>A picture of a report.</summary>
/// <param name="Image">A data URI; empty where the picture cannot be shown.</param>
/// <param name="Caption">What is said below it.</param>
/// <param name="Right">Whether it is the one that was looked for.</param>
internal sealed record ExamplePicture(string Image, string Caption, bool Right);

/// <summary>A line of text with pictures below it: a caption and what it found, or two classes and what was taken for the other.</summary>
/// <param name="Title">The line.</param>
/// <param name="Pictures">In their order.</param>
internal sealed record ExampleRow(string Title, IReadOnlyList<ExamplePicture> Pictures);

/// <summary>How often each class was taken for each.</summary>
/// <param name="Classes">Their names.</param>
/// <param name="Counts">[true class, named class].</param>
internal sealed record ConfusionCounts(IReadOnlyList<string> Classes, int[,] Counts);

/// <summary>What a model did with single pictures of an evaluation.</summary>
/// <param name="Says">What the rows show.</param>
/// <param name="Rows">A few.</param>
/// <param name="Confusion">Of few classes, or null.</param>
internal sealed record RunExamples(string Says, IReadOnlyList<ExampleRow> Rows, ConfusionCounts? Confusion = null);
