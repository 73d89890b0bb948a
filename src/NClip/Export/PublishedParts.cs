using NClip.Architectures;
using NClip.Towers;
using NClip.Towers.Text;

namespace NClip.Export;

/// <summary>A part of a model under the names of its inputs and outputs that Optimum's exports have, which transformers.js and other programs go by.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Spec">The model.</param>
internal abstract record PublishedPart(string Name, ClipSpec Spec) : ModelPart(Name)
{
    protected const string Images = "image_batch_size", Texts = "text_batch_size", Length = "sequence_length";

    public override string? Misfit => null;

    protected PartValue Pixels => new("pixel_values", false, Images, 3, Spec.Image.Height, Spec.Image.Width);

    protected static PartValue Ids => new("input_ids", true, Texts, Length);

    protected static PartValue Mask => new("attention_mask", true, Texts, Length);

    protected PartValue ImageEmbeds => new("image_embeds", false, Images, Spec.EmbedDim);

    protected PartValue TextEmbeds => new("text_embeds", false, Texts, Spec.EmbedDim);

    /// <summary>What fills a row up changes its feature: the rows of such a tower are filled up in the graph, to the tower's whole length.</summary>
    public static bool PadCounts(ClipSpec spec)
    {
        var row = spec.Context;
        long[] padded = [row.StartId ?? 0, 1, row.EndId ?? 2, row.PadId, row.PadId];
        return spec.Text.UsedLength(padded) == padded.Length;
    }

    protected T Image<T>(IOperators<T> ops, T pixels)
        where T : class => Spec.Image.Build(ops, ops.Weights["visual"], pixels);

    /// <summary>The text tower's features; where the mask is 0, the id is that of the padding.</summary>
    protected T Text<T>(IOperators<T> ops, T ids, T? mask)
        where T : class
    {
        var pad = ops.Constant((long)Spec.Context.PadId);
        if (mask is not null) ids = ops.Add(ops.Mul(ids, mask), ops.Mul(pad, ops.Sub(ops.Constant(1L), mask)));
        if (PadCounts(Spec)) ids = ops.Slice(ops.Concat(1, ids, ops.Repeat(pad, ids, Spec.ContextLength)), 1, 0, Spec.ContextLength);
        return Spec.Text.Build(ops, ops.Weights, ids);
    }

    public override IEnumerable<ExpectedTensor> Tensors() => Spec.Parts.SelectMany(p => p.Tensors());
}

/// <summary>vision_model: pixel_values -> image_embeds [N, D], not normalised; SigLIP's classes ask for pooler_output, which is the same.</summary>
internal sealed record VisionModel(ClipSpec Spec) : PublishedPart("vision_model", Spec)
{
    public override string Title => Spec.ImageTower;

    public override IReadOnlyList<PartValue> Inputs => [Pixels];

    public override IReadOnlyList<PartValue> Outputs => Spec.Logits == LogitKind.Sigmoid ? [ImageEmbeds, ImageEmbeds with { Name = "pooler_output" }] : [ImageEmbeds];

    public override IEnumerable<ExpectedTensor> Tensors() => Spec.Image.Tensors();

    public override IReadOnlyList<T> Build<T>(IOperators<T> ops, IReadOnlyList<T> inputs) => [.. Enumerable.Repeat(Image(ops, inputs[0]), Outputs.Count)];
}

/// <summary>text_model: input_ids (and attention_mask, where the tower masks its padding) -> text_embeds [N, D], not normalised; for SigLIP's classes pooler_output too.</summary>
internal sealed record TextModel(ClipSpec Spec) : PublishedPart("text_model", Spec)
{
    public override string Title => Spec.TextTower;

    public override IReadOnlyList<PartValue> Inputs => Spec.Text is TextTransformerSpec ? [Ids] : [Ids, Mask];

    public override IReadOnlyList<PartValue> Outputs => Spec.Logits == LogitKind.Sigmoid ? [TextEmbeds, TextEmbeds with { Name = "pooler_output" }] : [TextEmbeds];

    public override IEnumerable<ExpectedTensor> Tensors() => Spec.Text.Tensors();

    public override IReadOnlyList<T> Build<T>(IOperators<T> ops, IReadOnlyList<T> inputs) => [.. Enumerable.Repeat(Text(ops, inputs[0], inputs.ElementAtOrDefault(1)), Outputs.Count)];
}

/// <summary>model: both towers, their features of length 1, and the logits.</summary>
/// <param name="Spec">The model.</param>
/// <param name="Scale">Factor of the cosines.</param>
/// <param name="Bias">Added to every logit.</param>
internal sealed record WholeModel(ClipSpec Spec, float Scale, float Bias) : PublishedPart("model", Spec)
{
    public override string Title => $"{Spec.ImageTower}; {Spec.TextTower}";

    public override IReadOnlyList<PartValue> Inputs => Spec.Logits == LogitKind.Sigmoid ? [Ids, Pixels] : [Ids, Pixels, Mask];

    public override IReadOnlyList<PartValue> Outputs => [new("logits_per_image", false, Images, Texts), new("logits_per_text", false, Texts, Images), TextEmbeds, ImageEmbeds];

    public override IReadOnlyList<T> Build<T>(IOperators<T> ops, IReadOnlyList<T> inputs)
    {
        var (image, text) = (ops.Normalize(Image(ops, inputs[1])), ops.Normalize(Text(ops, inputs[0], inputs.ElementAtOrDefault(2))));
        var logits = ops.Linear(ops.Mul(image, ops.Constant(Scale)), text, ops.Constant(Bias));
        return [logits, ops.Transpose(logits, 1, 0), text, image];
    }
}
