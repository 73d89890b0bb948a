using System.IO.Compression;
using System.Text.Json;
using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Towers;
using Xunit;

namespace NClip.Tests.Architectures;

/// <summary>Published models by their names, shapes and configurations: every tensor has its place, also where the encoder's own configuration is not there.</summary>
public sealed class RealSizeTests : IDisposable
{
    private static readonly Lazy<JsonDocument> _models = new(() =>
    {
        using var gzip = new GZipStream(File.OpenRead(Reference.Path("zoo/real_sizes.json.gz")), CompressionMode.Decompress);
        return JsonDocument.Parse(gzip);
    });

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> ImageTowers() => [.. _models.Value.RootElement.EnumerateObject().Select(m => m.Name).Where(n => n.StartsWith("EVA", StringComparison.Ordinal) || n.StartsWith("PE-", StringComparison.Ordinal) || n.StartsWith("ViTamin", StringComparison.Ordinal))];

    public void Dispose() => _folder.Dispose();

    private ModelTensors Published(JsonElement model)
    {
        _folder.Add("open_clip_config.json", $$"""{"model_cfg": {{model.GetProperty("config").GetRawText()}}}""");
        var entries = model.GetProperty("tensors").EnumerateObject().Select(t => new TensorEntry(t.Name, TensorType.Float32, [.. t.Value[1].EnumerateArray().Select(d => d.GetInt64())]));
        return NamingMap.Apply(new StateDict("open_clip_model.safetensors", entries.ToDictionary(e => e.Name)));
    }

    [Theory, MemberData(nameof(ImageTowers))]
    public void A_published_image_tower_is_read_with_its_configuration_and_without_one(string name)
    {
        var model = _models.Value.RootElement.GetProperty(name);
        var tensors = Published(model);
        var said = SpecReader.Read(tensors, _folder.Path, null);
        tensors.Check(said);
        var (config, vision) = (model.GetProperty("config"), model.GetProperty("config").GetProperty("vision_cfg"));
        Assert.Equal((config.GetProperty("embed_dim").GetInt32(), vision.GetProperty("image_size").GetInt32()), (said.EmbedDim, said.Image.Height));

        var shown = SpecReader.Infer(tensors);
        tensors.Check(shown);
        Assert.Equal((said.EmbedDim, said.Image.Height, said.ImageTower), (shown.EmbedDim, shown.Image.Height, shown.ImageTower));
    }

    [Theory]
    [InlineData("nllb-clip-base", "M2M-100 encoder 1024 x 12, 16 heads, context 77, 256206 tokens")]
    [InlineData("nllb-clip-base-siglip", "M2M-100 encoder 1024 x 12, 16 heads, context 77, 256206 tokens")]
    [InlineData("nllb-clip-large-siglip", "M2M-100 encoder 1024 x 24, 16 heads, context 77, 256206 tokens")]
    [InlineData("mt5-base-ViT-B-32", "T5 encoder 768 x 12, 12 heads, context 77, 250112 tokens")]
    [InlineData("ViT-H-14-worldwide", "transformer 1024 x 24, 16 heads, context 77, 901629 tokens")]
    [InlineData("ViT-bigG-14-worldwide-378", "transformer 1280 x 32, 20 heads, context 77, 901629 tokens")]
    [InlineData("coca_ViT-B-32", "transformer 512 x 12, 8 heads, context 76, 49408 tokens")]
    [InlineData("coca_ViT-L-14", "transformer 768 x 12, 12 heads, context 76, 49408 tokens")]
    public void A_published_model_is_read_whole(string name, string text)
    {
        var tensors = Published(_models.Value.RootElement.GetProperty(name));
        var spec = SpecReader.Read(tensors, _folder.Path, null);
        tensors.Check(spec);
        Assert.Equal(text, spec.TextTower);
        Assert.True(TowerWork.OfText(spec.Text, 16) > 0 && TowerWork.OfImage(spec.Image) > 0);
    }
}
