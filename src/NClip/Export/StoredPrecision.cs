namespace NClip;

/// <summary>How an exported folder stores a model's weights.</summary>
public enum StoredPrecision
{
    /// <summary>As the model has them.</summary>
    AsItIs,

    /// <summary>Matrices, tables and kernels rounded to float16; vectors stay. Half of float32's size; the towers compute in float32 with the rounded numbers.</summary>
    Float16,

    /// <summary>Linear layers as 8-bit integers with a scale an output channel, token tables with one a row: the folder runs as the model does with <see cref="Precision.Int8"/>, to the bit.</summary>
    Int8,
}

/// <summary>Which towers an exported folder has.</summary>
public enum TowerChoice
{
    /// <summary>Both.</summary>
    Both,

    /// <summary>The image tower: the folder gives features of pictures.</summary>
    Image,

    /// <summary>The text tower: the folder gives features of texts.</summary>
    Text,
}
