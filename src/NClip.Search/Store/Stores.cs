namespace NClip.Search.Store;

/// <summary>Which store a gallery's name means.</summary>
internal static class Stores
{
    /// <summary>Opens a gallery for reading.</summary>
    /// <exception cref="SearchException">There is none, or it cannot be used.</exception>
    public static IGalleryStore Open(string where) => EmbeddedStore.Open(Path.GetFullPath(where));

    /// <summary>Whether there is a gallery.</summary>
    public static bool Exists(string where) => EmbeddedStore.Is(Path.GetFullPath(where));

    /// <summary>Opens a gallery for writing; it is made where it is not there.</summary>
    /// <exception cref="SearchException">Another process writes, and the store takes one at a time, or it cannot be used.</exception>
    public static IGalleryWriter Write(string where, VectorStorage storage) => new EmbeddedWriter(Path.GetFullPath(where), new StoreOptions(storage));
}
