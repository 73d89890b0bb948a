namespace NClip.Towers;

/// <summary>What a tensor is used for, as far as storage cares.</summary>
internal enum TensorRole
{
    /// <summary>Used as it is.</summary>
    Plain,

    /// <summary>Weight [out, in] of a linear layer inside a block: the ones that int8 quantises.</summary>
    Linear,

    /// <summary>A table [V, W] whose rows token ids are: int8 quantises it row by row, and a graph takes integers as they are and multiplies the rows that it needs.</summary>
    Table,

    /// <summary>Some files have it, no graph needs it.</summary>
    Unused,
}

/// <summary>A tensor that an architecture consists of.</summary>
/// <param name="Name">Canonical name (OpenAI's).</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Role">Its use.</param>
internal readonly record struct ExpectedTensor(string Name, long[] Shape, TensorRole Role = TensorRole.Plain)
{
    /// <summary>Weight and bias of a normalisation or any other pair of vectors.</summary>
    public static IEnumerable<ExpectedTensor> Norm(string name, int width) => [new(name + ".weight", [width]), new(name + ".bias", [width])];

    /// <summary>Weight [out, in] and bias [out] of a linear layer.</summary>
    public static IEnumerable<ExpectedTensor> Linear(string name, int from, int to) => [new(name + ".weight", [to, from], TensorRole.Linear), new(name + ".bias", [to])];

    /// <summary>A batch norm with its running statistics.</summary>
    public static IEnumerable<ExpectedTensor> BatchNorm(string name, int width) =>
        [.. Norm(name, width), new(name + ".running_mean", [width]), new(name + ".running_var", [width])];

    /// <summary>A convolution without bias.</summary>
    public static ExpectedTensor Conv(string name, int from, int to, int kernel) => new(name + ".weight", [to, from, kernel, kernel]);

    /// <summary>A convolution with bias.</summary>
    public static IEnumerable<ExpectedTensor> BiasedConv(string name, int from, int to, int kernel) => [Conv(name, from, to, kernel), new(name + ".bias", [to])];
}
