using Npgsql;

namespace NClip.Search.Store.Postgres;

/// <summary>The way to a database: transactions, and its errors in the gallery's words. Thread-safe; each transaction has a connection of its own.</summary>
internal sealed class PostgresSession(PostgresAddress gallery) : IDisposable
{
    private const int Again = 5; // times that a transaction is tried which met another

    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(gallery.Connection);

    /// <summary>Where it leads.</summary>
    public PostgresAddress Gallery => gallery;

    /// <summary>Reads in one transaction; once more on a new connection where the old one was lost meanwhile.</summary>
    public T Read<T>(Func<PostgresCalls, T> work) => Run(work, 1, null);

    /// <summary>Changes something, all of it or nothing; again where two writers met.</summary>
    /// <param name="work">What to do; it may be done several times.</param>
    /// <param name="says">What to say of an error; null: what is said of it in general.</param>
    public T Write<T>(Func<PostgresCalls, T> work, Func<Exception, string?>? says = null) => Run(work, Again, says);

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();

    private T Run<T>(Func<PostgresCalls, T> work, int again, Func<Exception, string?>? says)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                using var connection = _source.OpenConnection();
                using var transaction = connection.BeginTransaction();
                var result = work(new PostgresCalls(connection));
                transaction.Commit();
                return result;
            }
            catch (Exception e) when (PostgresRefusal.Is(e))
            {
                if (i < again && PostgresRefusal.IsPassing(e))
                {
                    if (e is not PostgresException) _source.Clear(); // others of the same server are lost too
                    Thread.Sleep(50 << i);
                    continue;
                }
                throw says?.Invoke(e) is { } message ? new SearchException(message, gallery.Name, e) : PostgresRefusal.Of(gallery, e);
            }
        }
    }
}
