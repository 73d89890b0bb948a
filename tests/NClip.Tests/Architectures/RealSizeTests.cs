using System.IO.Compression;
using System.Text.Json;
using NClip.Architectures;
using NClip.Checkpoints;
using Xunit;

namespace NClip.Tests.Architectures;

/// <summary>Configurations, names and shapes of published EVA-CLIP, PE-Core and ViTamin models.</summary>
public sealed class RealSizeTests
{
    private static readonly Lazy<JsonDocument> _models = new(() =>
    {
        using var gzip = new GZipStream(File.OpenRead(Reference.Path("zoo/real_sizes.json.gz")), CompressionMode.Decompress);
        return JsonDocument.Parse(gzip);
    });

    public static TheoryData<string> Names() => [.. _models.Value.RootElement.EnumerateObject().Select(m => m.Name).Where(n => n.StartsWith("EVA", StringComparison.Ordinal) || n.StartsWith("PE-", StringComparison.Ordinal) || n.StartsWith("ViTamin", StringComparison.Ordinal))];

    [Theory, MemberData(nameof(Names))]
    public void A_published_image_tower_is_read_with_its_configuration_and_without_one(string name)
    {
        var model = _models.Value.RootElement.GetProperty(name);
        var tensors = NamingMap.Apply(new StateDict("model.safetensors", model.GetProperty("tensors").EnumerateObject()
            .Select(t => new TensorEntry(t.Name, TensorType.Float32, [.. t.Value[1].EnumerateArray().Select(d => d.GetInt64())])).ToDictionary(t => t.Name)));
        using var folder = new TemporaryFolder();
        var said = SpecReader.Read(tensors, folder.Path, folder.Write("open_clip_config.json", model.GetProperty("config").GetRawText()));
        tensors.Check(said);
        var (config, vision) = (model.GetProperty("config"), model.GetProperty("config").GetProperty("vision_cfg"));
        Assert.Equal((config.GetProperty("embed_dim").GetInt32(), vision.GetProperty("image_size").GetInt32()), (said.EmbedDim, said.Image.Height));

        var shown = SpecReader.Infer(tensors);
        tensors.Check(shown);
        Assert.Equal((said.EmbedDim, said.Image.Height, said.ImageTower), (shown.EmbedDim, shown.Image.Height, shown.ImageTower));
    }
}
