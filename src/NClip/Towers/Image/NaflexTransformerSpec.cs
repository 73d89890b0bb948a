using System.Diagnostics.CodeAnalysis;

namespace NClip.Towers.Image;

/// <summary>How a table of positions is resized to another grid, with antialias.</summary>
internal enum PositionFilter
{
    /// <summary>A triangle, as big_vision and transformers have it.</summary>
    Linear,

    /// <summary>Keys' cubic with a = -0.5, as timm has it.</summary>
    Cubic,
}

/// <summary>SigLIP 2's NaFlex: SigLIP's ViT over pictures of any shape, which come as patches. (Tschannen et al. 2025, §2.5; transformers modeling_siglip2.py; timm naflexvit.py)</summary>
internal sealed record NaflexTransformerSpec : VisionTransformerSpec
{
    [SetsRequiredMembers]
    private NaflexTransformerSpec(VisionTransformerSpec vit, int grid, PositionFilter filter)
        : base(vit) => (Grid, Filter) = (grid, filter);

    /// <summary>Rows and columns of the table of positions.</summary>
    public int Grid { get; init; }

    /// <summary>How the table becomes another grid.</summary>
    public PositionFilter Filter { get; init; }

    /// <summary>Numbers of a patch: [row, column, channel].</summary>
    public int PatchValues => 3 * PatchSize * PatchSize;

    /// <inheritdoc/>
    public override string Title => $"NaFlex {base.Title}, positions {Grid} x {Grid}";

    /// <inheritdoc/>
    public override string? Misfit => base.Misfit
        ?? (Height % PatchSize != 0 || Width % PatchSize != 0 ? $"pictures of {Width} x {Height} pixels in whole patches of {PatchSize}" : null)
        ?? (ClassToken || Pooling != ImagePooling.Map ? "patches of pictures of any shape without an attention pool, or with a class token" : null);

    /// <inheritdoc/>
    public override int? PatchInput => PatchSize;

    /// <inheritdoc/>
    public override IReadOnlyList<PartValue> Inputs =>
    [
        new("pixel_values", false, "N", "L", PatchValues),
        new("pixel_attention_mask", true, "N", "L"),
        new("spatial_shapes", true, "N", 2),
    ];

    /// <inheritdoc/>
    protected override ExpectedTensor PatchWeight => new("visual.conv1.weight", [Block.Width, PatchValues]);

    /// <inheritdoc/>
    protected override int Positions => Grid * Grid;

    /// <summary>Tensors to spec, as of a ViT; the naming's house says how positions are resized.</summary>
    public static new NaflexTransformerSpec Infer(ModelTensors t)
    {
        var matrix = t.Shape("visual.conv1.weight", 2);
        var vit = Infer(t, (int)matrix[0], (int)Math.Round(Math.Sqrt(matrix[1] / 3.0)));
        return new(vit, vit.Height / vit.PatchSize, t.Naming == Naming.Timm ? PositionFilter.Cubic : PositionFilter.Linear);
    }

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, IReadOnlyList<T> inputs) => NaflexTransformer.Build(ops, this, w, inputs[0], inputs[1], inputs[2]);

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T pixels) => NaflexTransformer.Build(ops, this, w, pixels);
}
