namespace NClip.Towers.Blocks.Kinds;

/// <summary>A block of EVA-01 and of EVA-02 E: keys have no bias. (Fang et al. 2023, EVA; baaivision/EVA eva_vit_model.py, Block)</summary>
internal record EvaBlockSpec : TransformerBlockSpec
{
    public EvaBlockSpec(TransformerBlockSpec sizes)
        : base(sizes)
    {
    }

    /// <summary>The norms act on what the branches give; else on what they get.</summary>
    public bool PostNorm { get; init; }

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T x, Dim length, T? mask)
        where T : class => EvaBlock.Build(ops, this, w, x, length, mask);

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors(string at) =>
        [.. base.Tensors(at).Where(t => t.Name != at + ".attn.in_proj_bias"), new(at + ".attn.q_bias", [Width]), new(at + ".attn.v_bias", [Width])];
}
