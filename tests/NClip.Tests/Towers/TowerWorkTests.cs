using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Towers;
using NClip.Towers.Blocks;
using NClip.Towers.Image;
using NClip.Towers.Image.Convolutional;
using NClip.Towers.Text;
using Xunit;

namespace NClip.Tests.Towers;

/// <summary>The work of towers, counted by running their networks over shapes, against what is published of them.</summary>
public sealed class TowerWorkTests
{
    private static readonly TransformerBlockSpec _base = new(768, 12, 3072, Activation.QuickGelu, 1e-5f);

    [Fact]
    public void A_picture_costs_what_the_papers_and_the_sum_of_its_products_say()
    {
        var vit = new VisionTransformerSpec(224, 224, 32, 12, _base) { Projection = new(ProjectionKind.Linear, 768, 512) };
        // Patches, blocks of 50 tokens (four square products, two of the feed-forward layer, scores and their product with the values), projection.
        var products = (2.0 * 49 * 3 * 32 * 32 * 768) + (12.0 * 50 * ((2.0 * ((4 * 768 * 768) + (2 * 768 * 3072))) + (4.0 * 50 * 768))) + (2.0 * 768 * 512);
        Assert.Equal(products, TowerWork.OfImage(vit));

        using var mini = StateDict.Open(Path.Combine(Reference.Root, "models", "nclip-mini", "open_clip_model.safetensors"));
        var trunk = (MobileNetEdgeSpec)SpecReader.Infer(NamingMap.Apply(mini)).Image;
        Assert.InRange(TowerWork.OfImage(trunk with { Classes = 0, Projection = new(ProjectionKind.None, 1280, 1280) }) / 2e6, 980, 1000); // 990 M multiply-adds, as its makers count them
    }

    [Fact]
    public void A_text_costs_by_its_tokens()
    {
        var text = new TextTransformerSpec(49408, 77, 12, new(512, 8, 2048, Activation.QuickGelu, 1e-5f)) { Projection = new(ProjectionKind.Linear, 512, 512) };
        double Of(int tokens) => (12.0 * tokens * ((2.0 * ((4 * 512 * 512) + (2 * 512 * 2048))) + (4.0 * tokens * 512))) + (2.0 * 512 * 512);
        Assert.Equal(Of(77), TowerWork.OfText(text, 77));
        Assert.Equal(Of(16), TowerWork.OfText(text, 16));
    }

    /// <summary>Tiny models of every kind of tower.</summary>
    public static TheoryData<string> Kinds() =>
    [
        "model_tiny/a_openai_vit/model_f32.safetensors",
        "model_tiny/c12_openclip_custom_blocks/open_clip_model.safetensors",
        "model_tiny/e1_siglip_gelu/open_clip_model.safetensors",
        "model_tiny/f4_convnext_roberta_cls_last/open_clip_model.safetensors",
        "model_tiny/h_chinese_clip/model.safetensors",
        "model_tiny/i_align/model.safetensors",
        "zoo/mobileclip_s0/apple_names.safetensors",
        "zoo/mobileclip_b/open_clip_model.safetensors",
        "zoo/mobileclip2_s3/reparameterised.safetensors",
        "zoo/eva02_b16/open_clip_model.safetensors",
        "zoo/eva02_e14/open_clip_model.safetensors",
        "zoo/pe_core_g14/open_clip_model.safetensors",
        "zoo/vitamin_s/open_clip_model.safetensors",
        "zoo/siglip2_naflex/model.safetensors",
        "model_tiny/g_coca/open_clip_model.safetensors",
        "zoo/altclip_hf/model.safetensors",
        "zoo/jina_clip_v2/model.safetensors",
        "zoo/text_mt5/open_clip_model.safetensors",
        "zoo/text_nllb/open_clip_model.safetensors",
    ];

    [Theory, MemberData(nameof(Kinds))]
    public void The_shape_that_comes_out_of_a_network_is_the_feature(string model)
    {
        var path = Reference.Path(model);
        using var file = StateDict.Open(path);
        var spec = SpecReader.Read(NamingMap.Apply(file), path, null);
        var image = new ShapeOperators(spec.Image.Tensors());
        Assert.Equal([5L, spec.EmbedDim], spec.Image.Build(image, ((IOperators<Sized>)image).Weights["visual"], new Sized(5, 3, spec.Image.Height, spec.Image.Width)).Shape);
        var text = new ShapeOperators(spec.Text.Tensors());
        Assert.Equal([5L, spec.EmbedDim], spec.Text.Build(text, ((IOperators<Sized>)text).Weights, new Sized(5, 7)).Shape);
        Assert.True(image.Flops > 0 && text.Flops > 0);
    }

    [Fact]
    public void Patches_of_pictures_cost_what_a_picture_of_as_many_costs()
    {
        var path = Reference.Path("zoo/siglip2_naflex/model.safetensors");
        using var file = StateDict.Open(path);
        var spec = SpecReader.Read(NamingMap.Apply(file), path, null);
        var ops = new ShapeOperators(spec.Image.Tensors());
        Assert.Equal([1L, 32], spec.Image.Build(ops, ((IOperators<Sized>)ops).Weights["visual"], [new Sized(1, 16, 192), new Sized(1, 16), new Sized(1, 2)]).Shape);
        Assert.Equal(TowerWork.OfImage(spec.Image), ops.Flops);
    }
}
