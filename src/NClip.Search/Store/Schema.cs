namespace NClip.Search.Store;

/// <summary>The tables of an embedded gallery (docs/search.md, "Facts").</summary>
internal static class Schema
{
    /// <summary>Number of this form of the tables; stored as SQLite's user_version.</summary>
    public const int Version = 2;

    /// <summary>Makes them.</summary>
    public const string Create = """
        CREATE TABLE roots(path TEXT PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE models(
            generation INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, fingerprint TEXT NOT NULL, manner TEXT NOT NULL, dimension INTEGER NOT NULL,
            active INTEGER NOT NULL, source TEXT, text_limit REAL, picture_limit REAL, limits_of INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE contents(
            id INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL UNIQUE,
            width INTEGER, height INTEGER, taken INTEGER, camera TEXT, latitude REAL, longitude REAL, orientation INTEGER NOT NULL);
        CREATE TABLE files(
            path TEXT PRIMARY KEY, size INTEGER NOT NULL, modified INTEGER NOT NULL, content INTEGER REFERENCES contents(id), failure TEXT,
            sidecar INTEGER NOT NULL DEFAULT 0, caption TEXT,
            CHECK((content IS NULL) <> (failure IS NULL))) WITHOUT ROWID;
        CREATE INDEX files_of_content ON files(content) WHERE content IS NOT NULL;
        CREATE INDEX files_that_failed ON files(path) WHERE failure IS NOT NULL;
        CREATE TABLE segments(
            id INTEGER PRIMARY KEY AUTOINCREMENT, generation INTEGER NOT NULL REFERENCES models(generation),
            capacity INTEGER NOT NULL, kind INTEGER NOT NULL, rows INTEGER NOT NULL, sealed INTEGER NOT NULL, dead BLOB);
        CREATE TABLE vectors(
            segment INTEGER NOT NULL REFERENCES segments(id), row INTEGER NOT NULL, content INTEGER NOT NULL REFERENCES contents(id),
            PRIMARY KEY(segment, row)) WITHOUT ROWID;
        CREATE INDEX vectors_of_content ON vectors(content);
        CREATE TABLE graphs(generation INTEGER PRIMARY KEY, file TEXT NOT NULL, length INTEGER NOT NULL, sample INTEGER NOT NULL, covers BLOB NOT NULL);
        """;

    /// <summary>What makes tables of each earlier version, from 1, those of the next.</summary>
    public static IReadOnlyList<string> Steps { get; } =
    [
        "ALTER TABLE files ADD COLUMN sidecar INTEGER NOT NULL DEFAULT 0; ALTER TABLE files ADD COLUMN caption TEXT;",
    ];
}
