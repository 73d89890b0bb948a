using NClip.Hub;

namespace NClip.Proof;

/// <summary>One comparison with published values.</summary>
/// <param name="What">What was compared.</param>
/// <param name="Source">Who published the values.</param>
/// <param name="Deviation">Largest absolute deviation.</param>
/// <param name="Tolerance">What is allowed.</param>
/// <param name="Cosine">Smallest cosine to the published features, or null where numbers and not features were compared.</param>
/// <param name="Passed">Within tolerance.</param>
public sealed record PublishedResult(string What, string Source, double Deviation, double Tolerance, double? Cosine, bool Passed);

/// <summary>What a comparison with published values found.</summary>
/// <param name="Results">What was compared.</param>
/// <param name="Missing">What was not compared for want of a picture, each a sentence that says which one to give.</param>
public sealed record PublishedReport(IReadOnlyList<PublishedResult> Results, IReadOnlyList<string> Missing)
{
    /// <summary>Something was compared, and all of it is within tolerance.</summary>
    public bool Passed => Results.Count > 0 && Results.All(r => r.Passed);
}

/// <summary>Compares a model's answers with those that others have published for the same weights. Knows no model: it is given the functions.</summary>
internal static class PublishedVerification
{
    // The published features were computed and stored in float16: values near 8 are 0.008 apart there, and equal texts of that file differ by 0.004.
    // A wrong activation, mask or token moves them by tenths.
    private const double FeatureTolerance = 0.03;
    private const double FeatureCosine = 0.9999;

    /// <summary>The names of the models that have published values.</summary>
    public static IReadOnlyList<string> Models { get; } = [.. PublishedChecks.Answers.SelectMany(a => a.Models).Distinct()];

    /// <param name="model">Name or path as the user gave it.</param>
    /// <param name="encodeTexts">Texts to unnormalised features [N, D].</param>
    /// <param name="logitsPerImage">Picture and texts to logits, one a text.</param>
    /// <param name="images">Pictures that the user has, recognised by their file names.</param>
    /// <exception cref="ClipException">There is nothing published for this model.</exception>
    public static PublishedReport Run(string? model, Func<IReadOnlyList<string>, Matrix> encodeTexts, Func<string, IReadOnlyList<string>, Matrix> logitsPerImage, IReadOnlyList<string> images)
    {
        var answers = PublishedChecks.Answers.Where(a => a.Models.Any(m => IsThat(model, m))).ToList();
        if (answers.Count == 0)
            throw new ClipException($"nothing is published for the model '{(string.IsNullOrEmpty(model) ? ModelName.EmbeddedName : model)}'; there are values for {string.Join(", ", Models)}. Name one of these, or compare with --against FILE.");

        var results = new List<PublishedResult>();
        var missing = new List<string>();
        if (PublishedChecks.VitB32.Any(m => IsThat(model, m))) results.Add(TextFeatures(encodeTexts));
        foreach (var answer in answers)
        {
            if (images.FirstOrDefault(i => Path.GetFileName(i).Equals(answer.Image, StringComparison.OrdinalIgnoreCase)) is { } image)
                results.Add(Answer(answer, logitsPerImage(image, answer.Texts)));
            else
                missing.Add($"{answer.Source}: give --image .../{answer.Image} ({answer.ImageFrom}).");
        }
        return new PublishedReport(results, missing);
    }

    private static PublishedResult TextFeatures(Func<IReadOnlyList<string>, Matrix> encodeTexts)
    {
        var (texts, expected) = PublishedChecks.TextFeatures();
        var found = encodeTexts(texts);
        if (found.Rows != expected.Rows || found.Columns != expected.Columns)
            throw new ClipException($"the model's text features are [{found.Rows}, {found.Columns}]; those of ViT-B/32 are [{expected.Rows}, {expected.Columns}]. This is another model; give the name of its own.");
        var (a, b) = (found.Normalized(), expected.Normalized());
        var cosine = Enumerable.Range(0, texts.Count).Min(i => (double)System.Numerics.Tensors.TensorPrimitives.Dot(a.Row(i), b.Row(i)));
        var deviation = Deviation(found.Values, expected.Values);
        return new PublishedResult($"text features of {texts.Count} texts", "facebookresearch/Detic, computed with OpenAI's ViT-B/32", deviation, FeatureTolerance, cosine, deviation <= FeatureTolerance && cosine >= FeatureCosine);
    }

    private static PublishedResult Answer(PublishedAnswer answer, Matrix logits)
    {
        var values = answer.IsSoftmax ? logits.Softmax() : logits;
        var deviation = Deviation(values.Values, [.. answer.Values]);
        return new PublishedResult($"{(answer.IsSoftmax ? "softmax" : "logits_per_image")} of {answer.Image}", answer.Source, deviation, answer.Tolerance, null, deviation <= answer.Tolerance);
    }

    private static double Deviation(ReadOnlySpan<float> found, ReadOnlySpan<float> expected)
    {
        if (found.Length != expected.Length) throw new ArgumentException($"{found.Length} values found, {expected.Length} published.", nameof(found));
        var max = 0.0;
        for (var i = 0; i < found.Length; i++)
        {
            var d = Math.Abs((double)found[i] - expected[i]);
            if (!(d <= max)) max = d; // a NaN counts as the largest
        }
        return max;
    }

    /// <summary>The user's word for a model is this one: its name, a spelling that the hub takes for it, or a path in a cache that holds it.</summary>
    private static bool IsThat(string? model, string name)
    {
        if (string.IsNullOrEmpty(model)) return false;
        var text = model.Trim().Replace('\\', '/').TrimEnd('/');
        foreach (var prefix in (string[])["hf-hub:", "https://huggingface.co/"])
            if (text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) text = text[prefix.Length..];
        if (text.Equals(name, StringComparison.OrdinalIgnoreCase) || text.StartsWith(name + "@", StringComparison.OrdinalIgnoreCase)) return true;
        if (OpenAIModel.Find(name) is { } openAI)
            return OpenAIModel.Find(text) == openAI || Path.GetFileName(text).Equals(openAI.FileName, StringComparison.OrdinalIgnoreCase);
        return text.Contains($"/models--{name.Replace("/", "--", StringComparison.Ordinal)}/", StringComparison.OrdinalIgnoreCase)
            || text.EndsWith("/" + name, StringComparison.OrdinalIgnoreCase);
    }
}
