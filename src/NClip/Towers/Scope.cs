namespace NClip.Towers;

/// <summary>A place among the tensors' names: <c>w["attn"]["out_proj"]</c>. Used as a value, it is the tensor of that name.</summary>
/// <param name="ops">Whose values.</param>
/// <param name="path">The canonical name so far.</param>
internal readonly struct Scope<T>(IOperators<T> ops, string path)
    where T : class
{
    /// <summary>The canonical name so far.</summary>
    public string Path => path;

    /// <summary>The place below.</summary>
    public Scope<T> this[string name] => new(ops, path.Length == 0 ? name : $"{path}.{name}");

    public static implicit operator T(Scope<T> s) => s.Weight();

    private T Weight() => ops.Weight(path);
}
