namespace NClip.Architectures;

/// <summary>A tower: what it is made of. Its graph is written by the class of the same name in Graphs.</summary>
internal abstract record TowerSpec
{
    /// <summary>For people: "ViT-B/32" and the like.</summary>
    public abstract string Title { get; }

    /// <summary>Width of the features.</summary>
    public abstract int FeatureWidth { get; }

    /// <summary>Why no tower can have these numbers, in words; null where they fit each other. Asked before anything is made of them.</summary>
    public abstract string? Misfit { get; }

    /// <summary>Every tensor the tower consists of, by canonical name.</summary>
    public abstract IEnumerable<ExpectedTensor> Tensors();
}

/// <summary>An image tower: pixels [N, 3, H, W] -> features [N, D].</summary>
/// <param name="Height">Input height in pixels.</param>
/// <param name="Width">Input width in pixels.</param>
internal abstract record ImageTowerSpec(int Height, int Width) : TowerSpec
{
    /// <summary>The last step.</summary>
    public required ProjectionSpec Projection { get; init; }

    /// <inheritdoc/>
    public override int FeatureWidth => Projection.Out;

    /// <inheritdoc/>
    public override string? Misfit => Height < 1 || Width < 1 ? $"pictures of {Width} x {Height} pixels" : null;
}

/// <summary>A text tower: token ids [N, L] -> features [N, D].</summary>
/// <param name="Vocabulary">Number of token ids.</param>
/// <param name="Context">Longest row.</param>
internal abstract record TextTowerSpec(int Vocabulary, int Context) : TowerSpec
{
    /// <summary>The last step.</summary>
    public required ProjectionSpec Projection { get; init; }

    /// <inheritdoc/>
    public override int FeatureWidth => Projection.Out;

    /// <summary>How many leading tokens of a row decide its feature; what follows cannot change it and is not computed.</summary>
    public abstract int UsedLength(ReadOnlySpan<long> row);
}
