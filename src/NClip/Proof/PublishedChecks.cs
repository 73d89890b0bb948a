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

    private const string Coco = "000000039769.jpg", CocoFrom = "COCO val2017";

    /// <summary>Texts of the test of SigLIP 2 with pictures of any shape.</summary>
    private static readonly string[] _circles = ["circle", "ellipsoid", "blue circle on red background", "blue circle with green border on red background", "green circle on red background", "a dog", "a blue dog with a green border on a red background"];

    public static IReadOnlyList<PublishedAnswer> Answers { get; } =
    [
        new(VitB32, "CLIP.png", "the figure in the repository openai/CLIP", ["a diagram", "a dog", "a cat"], [0.9928f, 0.0042f, 0.0030f], true, 0.001f, "openai/CLIP, README"),
        new(VitB32, Coco, CocoFrom, ["a photo of a cat", "a photo of a dog"], [24.5701f, 19.3049f], false, 0.001f, "huggingface/transformers, tests/models/clip"),
        new(["google/siglip-base-patch16-224"], Coco, CocoFrom, ["a photo of 2 cats", "a photo of 2 dogs"], [-0.7567f, -10.3354f], false, 0.001f, "huggingface/transformers, tests/models/siglip"),
        new(["kakaobrain/align-base"], Coco, CocoFrom, ["a photo of a cat", "a photo of a dog"], [9.7093f, 3.4679f], false, 0.001f, "huggingface/transformers, tests/models/align"),
        new(["OFA-Sys/chinese-clip-vit-base-patch16"], "pokemon.jpeg", "the example of OFA-Sys/Chinese-CLIP", ["杰尼龟", "妙蛙种子", "小火龙", "皮卡丘"], [9.7735e-4f, 1.1008e-2f, 4.4070e-4f, 9.8757e-1f], true, 0.005f, "huggingface/transformers, tests/models/chinese_clip"),
        new(["BAAI/AltCLIP"], Coco, CocoFrom, ["一张猫的照片", "一张狗的照片"], [9.9942e-1f, 5.7805e-4f], true, 0.005f, "huggingface/transformers, tests/models/altclip"),
        new(["facebook/metaclip-2-worldwide-huge-quickgelu"], Coco, CocoFrom, ["a photo of a cat", "a photo of a dog"], [19.9799f, 13.6169f], false, 0.02f, "huggingface/transformers, tests/models/metaclip_2"),
        Circle("224x224", [1.0195f, -4.5395f, 4.1757f, 9.4264f, 2.4409f, -12.3230f, 1.1520f]),
        Circle("1024x1024", [-0.0280f, -6.2269f, 5.0358f, 10.1879f, 3.1058f, -13.7355f, 1.1687f]),
        Circle("1024x224", [-1.4468f, -1.5667f, 3.5159f, 6.3353f, 4.5491f, -13.4632f, -1.9647f]),
    ];

    private static PublishedAnswer Circle(string size, float[] logits) => new(["google/siglip2-base-patch16-naflex"], $"circle-{size}.png", $"a blue circle on red of {size} pixels, drawn as prepare_images in transformers' tests/models/siglip2 does",
        _circles, logits, false, 0.015f, "huggingface/transformers, tests/models/siglip2");

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
