using System.Runtime.InteropServices;
using System.Text.Json;
using NClip.Images;

namespace NClip.Tests.Images;

/// <summary>The pictures of reference/preprocess and what Pillow, torchvision and transformers make of them.</summary>
internal static class PreprocessReference
{
    /// <summary>One picture through one pipeline.</summary>
    public sealed record Entry(string Image, string Pipeline, int Size, string? U8, string? F32, string? Error);

    /// <summary>One picture: how exactly its format decodes, and the SHA-256 of its pixels as RGB.</summary>
    public sealed record Source(string File, string Decode, string Mode, int Orientation, string RgbSha256, string? Hi8RgbSha256);

    public static IReadOnlyList<Source> Sources { get; } = ReadSources();

    public static ILookup<string, Entry> Entries { get; } = ReadEntries().ToLookup(e => e.Image);

    public static string ImagePath(string file) => Reference.Path("preprocess/images/" + file);

    /// <summary>openai, hf, oc_shortest, oc_squash, oc_squash_bilinear, oc_longest.</summary>
    public static PreprocessSpec SpecOf(string pipeline, int size) => PreprocessSpec.OpenAI(size) with
    {
        Resize = pipeline.StartsWith("oc_squash", StringComparison.Ordinal) ? ResizeMode.Squash : pipeline == "oc_longest" ? ResizeMode.Longest : ResizeMode.Shortest,
        Interpolation = pipeline == "oc_squash_bilinear" ? Interpolation.Bilinear : Interpolation.Bicubic,
        Flavour = pipeline == "hf" ? PipelineFlavour.HuggingFace : PipelineFlavour.OpenAI,
    };

    public static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(Digest.Sha256(bytes));

    public static string Sha256(ReadOnlySpan<float> values) => Sha256(MemoryMarshal.AsBytes(values));

    private static List<Source> ReadSources()
    {
        var decoded = Root("decoded.json").EnumerateArray().ToDictionary(d => d.GetProperty("file").GetString()!);
        return [.. Root("manifest.json").GetProperty("images").EnumerateArray().Select(i =>
        {
            var file = i.GetProperty("file").GetString()!;
            return new Source(file, i.GetProperty("decode").GetString()!, i.GetProperty("pil_mode").GetString()!, i.GetProperty("exif_orientation").GetInt32(),
                decoded[file].GetProperty("rgb_sha256").GetString()!, Optional(decoded[file], "hi8_rgb_sha256"));
        })];
    }

    private static IEnumerable<Entry> ReadEntries() => Root("manifest.json").GetProperty("expected").EnumerateArray().Select(e => new Entry(
        e.GetProperty("image").GetString()!, e.GetProperty("pipeline").GetString()!, e.GetProperty("size").GetInt32(),
        Optional(e, "u8_sha256"), Optional(e, "f32_sha256"), Optional(e, "error")));

    private static string? Optional(JsonElement e, string name) => e.TryGetProperty(name, out var v) ? v.GetString() : null;

    internal static JsonElement Root(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Reference.Path("preprocess/expected/" + file)));
        return json.RootElement.Clone();
    }
}
