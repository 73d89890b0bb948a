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

    /// <summary>
    /// Zero-shot top-1 accuracy in percent that open_clip measured for OpenAI's weights (open_clip, docs/openclip_results.csv):
    /// ImageNet, ImageNet-V2, CIFAR-10, CIFAR-100, Food-101, Oxford Pets.
    /// </summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<double>> ZeroShotTop1 { get; } = new Dictionary<string, IReadOnlyList<double>>
    {
        ["RN50"] = [59.8, 52.8, 71.6, 40.3, 80.8, 85.3],
        ["RN101"] = [62.3, 56.1, 80.8, 47.6, 83.7, 86.5],
        ["RN50x4"] = [66.3, 59.4, 79.4, 45.1, 86.4, 88.3],
        ["RN50x16"] = [70.7, 64.2, 81.3, 52.1, 90.5, 89.6],
        ["RN50x64"] = [73.9, 67.1, 85.1, 59.9, 92.0, 93.6],
        ["ViT-B/32"] = [63.3, 55.9, 89.8, 64.2, 84.0, 87.0],
        ["ViT-B/16"] = [68.3, 61.9, 90.8, 67.0, 88.7, 88.9],
        ["ViT-L/14"] = [75.5, 69.8, 95.6, 75.8, 93.0, 93.2],
        ["ViT-L/14@336px"] = [76.6, 70.9, 94.9, 74.4, 93.9, 93.7],
    };

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
