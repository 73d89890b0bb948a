namespace NClip.Towers.Blocks.Kinds;

/// <summary>CLIP's block with queries and keys that are turned by their patch's place. (Bolya et al. 2025, Perception Encoder; perception_models pe.py, ResidualAttentionBlock)</summary>
internal sealed record RotaryBlockSpec : TransformerBlockSpec
{
    public RotaryBlockSpec(TransformerBlockSpec sizes, RotaryPositions positions)
        : base(sizes) => Positions = positions;

    /// <summary>Where the tokens are.</summary>
    public RotaryPositions Positions { get; init; }

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T x, Dim length, T? mask)
        where T : class => RotaryBlock.Build(ops, this, w, x, length, mask);
}
