namespace NClip.Towers;

/// <summary>A dimension of a shape: a number, or one that is known only when the network runs.</summary>
/// <param name="Number">The number, where <paramref name="Computed"/> is null.</param>
/// <param name="Computed">Name of the graph's value that holds it, a vector of one integer.</param>
internal readonly record struct Dim(long Number, string? Computed = null)
{
    public static implicit operator Dim(long n) => new(n);
}
