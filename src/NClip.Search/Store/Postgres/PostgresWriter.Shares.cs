namespace NClip.Search.Store.Postgres;

/// <content>Several writers: each says every few seconds that it lives, and holds parts of the work; those of one that is silent are free.</content>
internal sealed partial class PostgresWriter : ISharedWork
{
    private static readonly TimeSpan _beat = TimeSpan.FromSeconds(3);
    private const string Alive = "interval '15 seconds'";

    private readonly Guid _me = Guid.NewGuid();
    private Timer? _heart;

    /// <inheritdoc/>
    public ISharedWork? Shared => this;

    /// <inheritdoc/>
    public int PartOf(string path) => PostgresRows.Part(path);

    /// <inheritdoc/>
    public IReadOnlyList<StoredFile> Files(IReadOnlyCollection<int> parts) => Files("WHERE part = ANY($1)", (object)parts.ToArray());

    /// <inheritdoc/>
    public WorkLease? Take(IReadOnlyCollection<int> parts, int most)
    {
        int[] taken = _session.Write(c =>
        {
            // Those that another writer takes at this moment are left to it.
            int[] free = [.. c.Rows(FormattableString.Invariant($"""
                SELECT p.part FROM nclip_parts p WHERE p.part = ANY($1) AND NOT EXISTS (SELECT 1 FROM nclip_writers w WHERE w.id = p.holder AND w.until > now())
                ORDER BY p.part LIMIT {most} FOR UPDATE OF p SKIP LOCKED
                """), r => r.GetInt32(0), parts.ToArray())];
            if (free.Length > 0) c.Do("UPDATE nclip_parts SET holder = $2 WHERE part = ANY($1)", free, _me);
            return free;
        });
        return taken.Length == 0 ? null : new WorkLease(taken, () => _session.Write(c => c.Do("UPDATE nclip_parts SET holder = NULL WHERE part = ANY($1) AND holder = $2", taken, _me)));
    }

    private bool IsAlone(PostgresCalls c) => c.One("SELECT 1 FROM nclip_writers WHERE id <> $1 AND until > now()", _me) is null;

    private void Enter()
    {
        Beat();
        _heart = new Timer(_ =>
        {
            try { Beat(); }
            catch (Exception e) when (e is SearchException or ObjectDisposedException) { /* the next commit meets the same and says so; or this was the last beat */ }
        }, null, _beat, _beat);
    }

    private void Beat() => _session.Write(c => c.Do($"""
        INSERT INTO nclip_writers(id, until) VALUES($1, now() + {Alive}) ON CONFLICT (id) DO UPDATE SET until = excluded.until
        """, _me));

    // The writers that were killed are forgotten too. Where the server is gone, the lease runs out by itself.
    private void Leave()
    {
        _heart?.Dispose();
        try { _session.Write(c => c.Do("DELETE FROM nclip_writers WHERE id = $1 OR until < now() - interval '1 day'", _me)); }
        catch (SearchException) { /* see above */ }
    }
}
