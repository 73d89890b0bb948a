namespace NClip.Towers;

/// <summary>Pixels of zeros around a picture.</summary>
/// <param name="Before">On the left and above.</param>
/// <param name="After">On the right and below.</param>
internal readonly record struct Padding(int Before, int After)
{
    /// <summary>TensorFlow's SAME: as many as a result of ceil(size / stride) pixels needs, the odd one behind.</summary>
    public static Padding Same { get; } = new(-1, -1);

    public static implicit operator Padding(int both) => new(both, both);
}
