namespace NClip.Towers.Blocks.Kinds;

/// <summary>A block of EVA-02 B and L: rotary positions, a SwiGLU, and a norm inside each branch. (Fang et al. 2023, EVA-02, §2.2)</summary>
internal sealed record Eva02BlockSpec : EvaBlockSpec
{
    public Eva02BlockSpec(TransformerBlockSpec sizes, RotaryPositions positions)
        : base(sizes) => (Positions, NormInner, NormMlp) = (positions, true, true);

    /// <summary>Where the tokens are.</summary>
    public RotaryPositions Positions { get; init; }

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T x, Dim length, T? mask)
        where T : class => Eva02Block.Build(ops, this, w, x, length, mask);

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors(string at) => [.. base.Tensors(at), .. ExpectedTensor.Linear(at + ".mlp.c_gate", Width, MlpWidth)];
}
