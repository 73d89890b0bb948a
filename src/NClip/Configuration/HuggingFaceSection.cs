namespace NClip.Configuration;

/// <summary>What a family's towers have where a configuration of transformers says nothing, and how it is meant.</summary>
/// <param name="Activation">transformers' name of the nonlinearity.</param>
/// <param name="Epsilon">Of every layer norm.</param>
internal sealed record HuggingFaceRules(string Activation = "quick_gelu", double Epsilon = 1e-5)
{
    /// <summary>No mask, and the last position is the text's feature (SigLIP).</summary>
    public bool PoolsLast { get; init; }

    /// <summary>eos_token_id 2 stands for the largest id: configurations older than transformers 4.30 say so, and weights were published with it.</summary>
    public bool TwoIsLargest { get; init; } = true;

    /// <summary>Tokens of a text where the text tower is a BERT, whose position table has more rows than the family's texts.</summary>
    public int TextLength { get; init; } = 52;

    /// <summary>End token where the configuration names none.</summary>
    public int EndId { get; init; } = 49407;
}

/// <summary>vision_config or text_config of a configuration of transformers: several objects that say the same thing, of which the first that has a key decides.</summary>
/// <param name="Layers">vision_config_dict before vision_config, and so on.</param>
/// <param name="Rules">The family's.</param>
internal sealed record HuggingFaceSection(IReadOnlyList<ConfigSection> Layers, HuggingFaceRules Rules)
{
    public int? Int(string name, ConfigRange range) => First(c => c.Int(name, range));

    public double? Number(string name, double above, double most) => First(c => c.Number(name, above, most));

    public (int Height, int Width)? Size(string name) => First(c => c.Size(name));

    /// <summary>The section that has a text of this name, and the text.</summary>
    public (ConfigSection By, string Value)? String(string name)
    {
        foreach (var c in Layers)
            if (c.String(name) is { } v) return (c, v);
        return null;
    }

    /// <summary>The section that has a list of this name.</summary>
    public int[]? Ints(string name, ConfigRange range)
    {
        foreach (var c in Layers)
            if (c.Ints(name, range) is { } v) return v;
        return null;
    }

    private T? First<T>(Func<ConfigSection, T?> read)
        where T : struct
    {
        foreach (var c in Layers)
            if (read(c) is { } v) return v;
        return null;
    }
}
