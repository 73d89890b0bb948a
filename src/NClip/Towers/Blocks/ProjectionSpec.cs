namespace NClip.Towers.Blocks;

/// <summary>How a pooled vector [N, in] becomes a feature [N, out].</summary>
internal enum ProjectionKind
{
    /// <summary>It is the feature.</summary>
    None,

    /// <summary>A matrix [in, out], with a bias where the model has one.</summary>
    Linear,

    /// <summary>Two matrices with an exact GELU between them.</summary>
    Mlp,
}

/// <summary>The last step of a tower.</summary>
/// <param name="Kind">Which.</param>
/// <param name="In">Pooled width.</param>
/// <param name="Out">Feature width.</param>
internal sealed record ProjectionSpec(ProjectionKind Kind, int In, int Out)
{
    /// <summary>Hidden width of an MLP.</summary>
    public int Hidden { get; init; }

    /// <summary>The (first) matrix has a bias.</summary>
    public bool Bias { get; init; }

    /// <summary>A linear layer or an MLP at <paramref name="at"/>, or nothing.</summary>
    public static ProjectionSpec Infer(ModelTensors t, string at, int from)
    {
        if (t.Has(at + ".fc1.weight"))
        {
            var (hidden, to) = ((int)t.Shape(at + ".fc1.weight", 2)[0], (int)t.Shape(at + ".fc2.weight", 2)[0]);
            return new(ProjectionKind.Mlp, from, to) { Hidden = hidden, Bias = t.Has(at + ".fc1.bias") };
        }
        return t.Has(at)
            ? new(ProjectionKind.Linear, from, (int)t.Shape(at, 2)[1]) { Bias = t.Has(at + ".bias") }
            : new(ProjectionKind.None, from, from);
    }

    /// <summary>The projection into a space of another width; without one, the tower's own width stays.</summary>
    public ProjectionSpec To(int embed) => Kind == ProjectionKind.None ? this : this with { Out = embed };

    /// <summary>The tensors of the projection named <paramref name="at"/>.</summary>
    public IEnumerable<ExpectedTensor> Tensors(string at) => Kind switch
    {
        ProjectionKind.None => [],
        ProjectionKind.Linear => Bias ? [new(at, [In, Out]), new(at + ".bias", [Out])] : [new ExpectedTensor(at, [In, Out])],
        _ =>
        [
            new(at + ".fc1.weight", [Hidden, In]),
            .. Bias ? [new ExpectedTensor(at + ".fc1.bias", [Hidden])] : Array.Empty<ExpectedTensor>(),
            new(at + ".fc2.weight", [Out, Hidden]),
        ],
    };
}
