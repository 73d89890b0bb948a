namespace NClip.Towers.Blocks.Kinds;

/// <summary>A block of ViTamin: its feed-forward layer is a GEGLU with a norm of its own before it. (Chen et al. 2024, ViTamin, §3.2; timm vitamin.py, GeGluMlp)</summary>
internal sealed record VitaminBlockSpec : TransformerBlockSpec
{
    public VitaminBlockSpec(TransformerBlockSpec sizes)
        : base(sizes)
    {
    }

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T x, Dim length, T? mask)
        where T : class => VitaminBlock.Build(ops, this, w, x, length, mask);

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors(string at) =>
        [.. base.Tensors(at), .. ExpectedTensor.Norm(at + ".mlp.ln", Width), .. ExpectedTensor.Linear(at + ".mlp.c_gate", Width, MlpWidth)];
}
