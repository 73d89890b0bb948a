using NClip.Search.Store.Postgres;

namespace NClip.Search.Store;

/// <summary>Which store a gallery's name means: a connection string one in PostgreSQL, anything else a folder.</summary>
internal static class Stores
{
    /// <summary>Opens a gallery for reading.</summary>
    /// <exception cref="SearchException">There is none, or it cannot be used.</exception>
    public static IGalleryStore Open(string where) => PostgresAddress.Is(where) ? PostgresStore.Open(PostgresAddress.Of(where)) : EmbeddedStore.Open(Path.GetFullPath(where));

    /// <summary>Whether there is a gallery.</summary>
    public static bool Exists(string where) => PostgresAddress.Is(where) ? PostgresStore.Is(PostgresAddress.Of(where)) : EmbeddedStore.Is(Path.GetFullPath(where));

    /// <summary>Opens a gallery for writing; it is made where it is not there.</summary>
    /// <exception cref="SearchException">Another process writes, and the store takes one at a time, or it cannot be used.</exception>
    public static IGalleryWriter Write(string where, VectorStorage storage)
        => PostgresAddress.Is(where) ? new PostgresWriter(PostgresAddress.Of(where), storage) : new EmbeddedWriter(Path.GetFullPath(where), new StoreOptions(storage));

    /// <summary>The folder of a gallery, or null where it lies elsewhere.</summary>
    public static string? Folder(string where) => PostgresAddress.Is(where) ? null : Path.GetFullPath(where);

    /// <summary>What messages call a gallery: without a password.</summary>
    public static string Shown(string where) => PostgresAddress.Is(where) ? PostgresAddress.Of(where).Name : where;
}
