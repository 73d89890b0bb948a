using NClip.Checkpoints;

namespace NClip.Proof;

/// <summary>Answers that others have published for real weights. They are what can be compared with once a user has those weights.</summary>
/// <param name="Models">Names under which the weights are known.</param>
/// <param name="Image">File name of the picture.</param>
/// <param name="ImageFrom">Where the picture is to be had.</param>
/// <param name="Texts">The texts.</param>
/// <param name="Values">One value a text: softmax over the texts, or logits_per_image.</param>
/// <param name="IsSoftmax">The values are probabilities.</param>
/// <param name="Tolerance">Largest absolute deviation.</param>
/// <param name="Source">Who published it.</param>
internal sealed record PublishedAnswer(
    IReadOnlyList<string> Models, string Image, string ImageFrom, IReadOnlyList<string> Texts, IReadOnlyList<float> Values, bool IsSoftmax, float Tolerance, string Source);

/// <summary>Published values for models that NClip runs. Facts from public READMEs, test suites and data files, each with its source.</summary>
internal static class PublishedChecks
{
    /// <summary>Names of OpenAI's ViT-B/32.</summary>
    public static IReadOnlyList<string> VitB32 { get; } = ["ViT-B/32", "openai/clip-vit-base-patch32"];

    public static IReadOnlyList<PublishedAnswer> Answers { get; } =
    [
        new(VitB32, "CLIP.png", "the figure in the repository openai/CLIP", ["a diagram", "a dog", "a cat"], [0.9928f, 0.0042f, 0.0030f], true, 0.001f, "openai/CLIP, README"),
        new(VitB32, "000000039769.jpg", "COCO val2017", ["a photo of a cat", "a photo of a dog"], [24.5701f, 19.3049f], false, 0.001f, "huggingface/transformers, tests/models/clip"),
        new(["google/siglip-base-patch16-224"], "000000039769.jpg", "COCO val2017", ["a photo of 2 cats", "a photo of 2 dogs"], [-0.7567f, -10.3354f], false, 0.001f, "huggingface/transformers, tests/models/siglip"),
    ];

    /// <summary>32 texts and their real ViT-B/32 features [32, 512], unnormalised (Data/vit-b-32-text-features.safetensors, Apache-2.0).</summary>
    public static (IReadOnlyList<string> Texts, Matrix Features) TextFeatures()
    {
        const string Name = "vit-b-32-text-features.safetensors";
        using var stream = typeof(PublishedChecks).Assembly.GetManifestResourceStream(Name) ?? throw new InvalidOperationException($"resource {Name} is missing");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        using var file = SafetensorsReader.Read(ByteSource.Of(bytes, Name));
        var features = file.Tensors["text_features"];
        return (file.Metadata["texts"].Split('\n'), new Matrix((int)features.Shape[0], (int)features.Shape[1], features.ToFloat32()));
    }
}
