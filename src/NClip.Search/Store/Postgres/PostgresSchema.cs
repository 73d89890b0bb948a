using Npgsql;

namespace NClip.Search.Store.Postgres;

/// <summary>
/// The tables of a gallery in PostgreSQL (docs/search.md, "In PostgreSQL"). Where the extension citus is there and has workers, pictures are distributed over them by their id.
/// </summary>
internal static class PostgresSchema
{
    /// <summary>Number of this form of the tables.</summary>
    public const int Version = 1;

    /// <summary>Parts in which writers share the work.</summary>
    public const int Parts = 256;

    /// <summary>Holds writers apart while they make tables or an index.</summary>
    public const string Lock = "SELECT pg_advisory_xact_lock(1852011632)";

    private const int ShardsPerWorker = 4;
    private static readonly Version _oldest = new(0, 8); // has hnsw.iterative_scan

    /// <summary>Whether a gallery is there.</summary>
    public static bool Exists(PostgresSession session) => session.Read(c => c.One("SELECT to_regclass('nclip_gallery')::text")) is not null;

    /// <summary>Makes what is needed before the model is known.</summary>
    public static void Make(PostgresSession session)
    {
        session.Write(c =>
        {
            c.Do("CREATE EXTENSION IF NOT EXISTS vector");
            return 0;
        }, e => e is PostgresException { SqlState: PostgresErrorCodes.UndefinedFile or PostgresErrorCodes.FeatureNotSupported or PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.UndefinedObject } p ? $"this server has no extension 'vector' ({p.MessageText.TrimEnd('.')}). Install pgvector 0.8 or newer on it (Debian: postgresql-NN-pgvector), and let a superuser run: CREATE EXTENSION vector." : null);
        session.Write(c =>
        {
            if (c.One("SELECT extversion FROM pg_extension WHERE extname = 'vector'") is string found && System.Version.TryParse(found, out var version) && version < _oldest)
                throw new SearchException($"the server's extension 'vector' is of version {found}; {_oldest} or newer is needed. Install it, and run: ALTER EXTENSION vector UPDATE.", session.Gallery.Name);
            c.Do(Lock);
            c.Do("""
                CREATE TABLE IF NOT EXISTS nclip_gallery(version int NOT NULL, name text, fingerprint text NOT NULL, manner text NOT NULL, dimension int NOT NULL, source text, storage text NOT NULL,
                    text_limit float8, picture_limit float8, limits_of int NOT NULL DEFAULT 0);
                CREATE TABLE IF NOT EXISTS nclip_roots(path text PRIMARY KEY);
                CREATE TABLE IF NOT EXISTS nclip_writers(id uuid PRIMARY KEY, until timestamptz NOT NULL);
                CREATE TABLE IF NOT EXISTS nclip_parts(part int PRIMARY KEY, holder uuid)
                """);
            return c.Do(FormattableString.Invariant($"INSERT INTO nclip_parts(part) SELECT generate_series(0, {Parts - 1}) ON CONFLICT DO NOTHING"));
        });
    }

    /// <summary>Makes the tables of pictures, for vectors of a model; what another writer made meanwhile is left.</summary>
    public static void Make(PostgresSession session, GalleryModel model, VectorStorage storage) => session.Write(c =>
    {
        c.Do(Lock);
        if (c.One("SELECT version FROM nclip_gallery") is not null) return 0;
        var column = FormattableString.Invariant($"{PostgresVectors.Type(storage)}({model.Dimension})");
        const string Facts = "width int, height int, taken bigint, camera text, latitude float8, longitude float8, orientation int NOT NULL DEFAULT 1";
        c.Do($"""
            CREATE TABLE nclip_pictures(
                id uuid PRIMARY KEY, path text NOT NULL, folded text NOT NULL, part int NOT NULL, size bigint NOT NULL, modified bigint NOT NULL, sidecar bigint NOT NULL, caption text, caption_folded text,
                content uuid, failure text, {Facts}, v {column}, CHECK ((content IS NULL) = (v IS NULL)), CHECK ((failure IS NULL) <> (content IS NULL)));
            CREATE TABLE nclip_spare(content uuid PRIMARY KEY, {Facts}, v {column} NOT NULL)
            """);
        if (model.Dimension * 4 < 6000) c.Do("ALTER TABLE nclip_pictures ALTER v SET STORAGE PLAIN"); // a page holds it: one read less for each distance
        if (Workers(c) is > 0 and var workers)
        {
            c.Do("SET LOCAL citus.multi_shard_modify_mode TO 'sequential'");
            foreach (var (table, key) in ((string, string)[])[("nclip_pictures", "id"), ("nclip_spare", "content")])
                c.Do(FormattableString.Invariant($"SELECT create_distributed_table('{table}', '{key}', shard_count := {workers * ShardsPerWorker}, colocate_with := 'none')"));
        }
        c.Do("CREATE INDEX nclip_pictures_part ON nclip_pictures(part)");
        c.Do("CREATE INDEX nclip_pictures_content ON nclip_pictures(content)");
        c.Do("CREATE INDEX nclip_pictures_failed ON nclip_pictures(part) WHERE failure IS NOT NULL");
        return c.Do("INSERT INTO nclip_gallery(version, name, fingerprint, manner, dimension, source, storage) VALUES($1, $2, $3, $4, $5, $6, $7)",
            Version, model.Name, model.Fingerprint, model.Manner, model.Dimension, model.Source, storage == VectorStorage.Float16 ? "f16" : "f32");
    });

    /// <summary>The model and how its vectors are kept; null before the first.</summary>
    public static (GalleryModel Model, VectorStorage Storage)? Model(PostgresSession session) => session.Read(c => Model(c, session.Gallery));

    /// <summary>The same within a transaction.</summary>
    public static (GalleryModel Model, VectorStorage Storage)? Model(PostgresCalls calls, PostgresAddress gallery) => calls.Rows<(GalleryModel, VectorStorage)?>(
        "SELECT version, name, fingerprint, manner, dimension, source, storage FROM nclip_gallery",
        r => r.GetInt32(0) == Version
            ? (new GalleryModel(r.Text(1), r.GetString(2), r.GetString(3), r.GetInt32(4), r.Text(5)), r.GetString(6) == "f16" ? VectorStorage.Float16 : VectorStorage.Float32)
            : throw new SearchException(FormattableString.Invariant($"this gallery was written by a newer version of NClip (its tables are of version {r.GetInt32(0)}, this program knows {Version}). Use the newer one."), gallery.Name)).FirstOrDefault();

    /// <summary>Whether the pictures are distributed.</summary>
    public static bool IsDistributed(PostgresCalls calls)
        => calls.One("SELECT 1 FROM pg_extension WHERE extname = 'citus'") is not null && calls.One("SELECT 1 FROM pg_dist_partition WHERE logicalrelid = to_regclass('nclip_pictures')") is not null;

    private static long Workers(PostgresCalls calls)
        => calls.One("SELECT 1 FROM pg_extension WHERE extname = 'citus'") is null ? 0 : calls.One("SELECT count(*) FROM citus_get_active_worker_nodes()") is long n ? n : 0;
}
