namespace NClip.Towers;

/// <summary>A size of an input or output: a number, or a name for one that differs from run to run.</summary>
/// <param name="Number">The number, where <paramref name="Name"/> is null.</param>
/// <param name="Name">The name.</param>
internal readonly record struct PartDim(long Number, string? Name = null)
{
    public static implicit operator PartDim(long n) => new(n);

    public static implicit operator PartDim(string name) => new(0, name);
}

/// <summary>An input or an output of a part.</summary>
/// <param name="Name">Its name in graphs.</param>
/// <param name="IsInteger">int64; else float32.</param>
/// <param name="Dims">Its shape, batch first.</param>
internal sealed record PartValue(string Name, bool IsInteger, params PartDim[] Dims);

/// <summary>
/// A network of a model that runs by itself: named inputs to named outputs of any shape. CLIP has two, its towers; a tower that also
/// gives its patches, a decoder or a detection head is a part more. What is done to a model (check, conversion, sessions, export) is done to its parts.
/// </summary>
/// <param name="Name">Short and in lower case; an exported file's name.</param>
internal abstract record ModelPart(string Name)
{
    /// <summary>In a few words.</summary>
    public abstract string Title { get; }

    /// <summary>What goes in.</summary>
    public abstract IReadOnlyList<PartValue> Inputs { get; }

    /// <summary>What comes out.</summary>
    public abstract IReadOnlyList<PartValue> Outputs { get; }

    /// <summary>Why no network can have these numbers, in words; null where they fit each other.</summary>
    public abstract string? Misfit { get; }

    /// <summary>Every tensor the part consists of, by canonical name.</summary>
    public abstract IEnumerable<ExpectedTensor> Tensors();

    /// <summary>The network: values in the order of <see cref="Inputs"/> to values in the order of <see cref="Outputs"/>.</summary>
    public abstract IReadOnlyList<T> Build<T>(IOperators<T> ops, IReadOnlyList<T> inputs)
        where T : class;
}

/// <summary>The image tower: pixels [N, 3, H, W], or what the tower takes in place of them -> features [N, D].</summary>
/// <param name="Tower">What it is made of.</param>
internal sealed record ImagePart(ImageTowerSpec Tower) : ModelPart(Key)
{
    public const string Key = "image";

    public override string Title => Tower.Title;

    public override IReadOnlyList<PartValue> Inputs => Tower.Inputs;

    public override IReadOnlyList<PartValue> Outputs => [new("features", false, "N", Tower.FeatureWidth)];

    public override string? Misfit => Tower.Misfit;

    public override IEnumerable<ExpectedTensor> Tensors() => Tower.Tensors();

    public override IReadOnlyList<T> Build<T>(IOperators<T> ops, IReadOnlyList<T> inputs) => [Tower.Build(ops, ops.Weights["visual"], inputs)];
}

/// <summary>The text tower: tokens [N, L] -> features [N, D].</summary>
/// <param name="Tower">What it is made of.</param>
internal sealed record TextPart(TextTowerSpec Tower) : ModelPart(Key)
{
    public const string Key = "text";

    /// <summary>The tokens' rows [N, L, W] of the token table come in beside them, and the graph has no such table.</summary>
    public bool TakesRows { get; init; }

    public override string Title => Tower.Title;

    public override IReadOnlyList<PartValue> Inputs => TakesRows ? [_tokens, new("rows", false, "N", "L", Tower.Tensors().First(t => t.Name == Tower.TokenTable).Shape[1])] : [_tokens];

    public override IReadOnlyList<PartValue> Outputs => [new("features", false, "N", Tower.FeatureWidth)];

    public override string? Misfit => Tower.Misfit;

    private static readonly PartValue _tokens = new("tokens", true, "N", "L");

    public override IEnumerable<ExpectedTensor> Tensors() => Tower.Tensors();

    public override IReadOnlyList<T> Build<T>(IOperators<T> ops, IReadOnlyList<T> inputs)
    {
        if (TakesRows) ops.GiveRows(Tower.TokenTable, inputs[0], inputs[1]);
        return [Tower.Build(ops, ops.Weights, inputs[0])];
    }
}
