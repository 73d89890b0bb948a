using System.Data;
using Microsoft.Data.Sqlite;

namespace NClip.Search.Store;

/// <summary>One connection to a gallery's facts. Write-ahead log; a commit returns when it is on the disk.</summary>
internal sealed class Database : IDisposable
{
    /// <summary>The file's name.</summary>
    public const string FileName = "gallery.db";

    private const string Beside = FileName + ".new"; // how it is called until its tables are there

    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private readonly string _folder;

    private Database(string folder, SqliteConnection connection) => (_folder, _connection) = (folder, connection);

    /// <summary>Whether a folder has them.</summary>
    public static bool Is(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>
    /// Makes the facts of a new gallery, beside and then renamed: a reader never sees a file without its tables, whatever ends the process. The caller has the writer's lock.
    /// </summary>
    /// <param name="folder">The gallery.</param>
    /// <param name="step">Told before each thing that reaches the disk.</param>
    /// <exception cref="SearchException">They cannot be made.</exception>
    public static void Make(string folder, Action<string> step)
    {
        var (path, beside) = (Path.Combine(folder, FileName), Path.Combine(folder, Beside));
        foreach (var left in Directory.EnumerateFiles(folder, Beside + "*")) File.Delete(left);
        using (var database = Open(folder, Beside, SqliteOpenMode.ReadWriteCreate))
        {
            step("begun");
            database.Within(writes: true, () => database.Do(Schema.Create) + database.Do(FormattableString.Invariant($"PRAGMA user_version = {Schema.Version}")));
            database.Do("PRAGMA journal_mode = WAL"); // when the tables are in the file: a log would keep its old name, and on a full disk the end leaves it
        }
        step("tables");
        File.Move(beside, path);
        DurableFolder.Flush(folder);
    }

    /// <summary>Opens the facts of a gallery.</summary>
    /// <exception cref="SearchException">They are not there, damaged, or of a newer version.</exception>
    public static Database Open(string folder)
    {
        var database = Open(folder, FileName, SqliteOpenMode.ReadWrite);
        try
        {
            database.AssertVersion();
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private static Database Open(string folder, string name, SqliteOpenMode mode)
    {
        var path = new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, name), Mode = mode, Pooling = false, DefaultTimeout = 30 };
        var database = new Database(folder, new SqliteConnection(path.ToString()));
        try
        {
            database._connection.Open();
            database.Do("PRAGMA busy_timeout = 30000; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;");
            return database;
        }
        catch (SqliteException e)
        {
            database.Dispose();
            throw Refused(folder, e);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>What SQLite refuses, in the gallery's words.</summary>
    public static SearchException Refused(string folder, SqliteException e) => new(e.SqliteErrorCode switch
    {
        SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB => $"the facts of this gallery ({FileName}) are damaged ({e.Message.TrimEnd('.')}). Restore it from a copy, or index into a new gallery.",
        SQLitePCL.raw.SQLITE_FULL or SQLitePCL.raw.SQLITE_IOERR when IsFull(e) => "the disk is full. What was committed is kept; make room, and the same command goes on.",
        SQLitePCL.raw.SQLITE_CANTOPEN or SQLitePCL.raw.SQLITE_READONLY => $"the facts of this gallery ({FileName}) cannot be opened for writing, which searching needs too. Check the rights of its folder.",
        SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED => "another process holds this gallery. Wait for it, or stop it.",
        _ => $"the facts of this gallery cannot be used: {e.Message}",
    }, folder, e);

    // The index of the log is a file too, which finds no room in its own way.
    private static bool IsFull(SqliteException e) => e.SqliteErrorCode == SQLitePCL.raw.SQLITE_FULL || e.SqliteExtendedErrorCode == SQLitePCL.raw.SQLITE_IOERR_SHMSIZE;

    /// <summary>Runs something in a transaction that sees one state, and writes where it says so.</summary>
    public T Within<T>(bool writes, Func<T> work)
    {
        try
        {
            using var transaction = _connection.BeginTransaction(IsolationLevel.Serializable, deferred: !writes);
            foreach (var c in _commands.Values) c.Transaction = transaction;
            Current = transaction;
            var result = work();
            transaction.Commit();
            return result;
        }
        catch (SqliteException e)
        {
            throw Refused(_folder, e);
        }
        finally
        {
            Current = null;
            foreach (var c in _commands.Values) c.Transaction = null;
        }
    }

    private SqliteTransaction? Current { get; set; }

    /// <summary>Runs a statement.</summary>
    public int Do(string sql, params ReadOnlySpan<object?> values)
    {
        try { return Command(sql, values).ExecuteNonQuery(); }
        catch (SqliteException e) { throw Refused(_folder, e); }
    }

    /// <summary>The first value of the first row, or null.</summary>
    public object? One(string sql, params ReadOnlySpan<object?> values)
    {
        try { return Command(sql, values).ExecuteScalar() is { } v and not DBNull ? v : null; }
        catch (SqliteException e) { throw Refused(_folder, e); }
    }

    /// <summary>A number; 0 where there is none.</summary>
    public long Number(string sql, params ReadOnlySpan<object?> values) => One(sql, values) is long n ? n : 0;

    /// <summary>All rows.</summary>
    public List<T> Rows<T>(string sql, Func<SqliteDataReader, T> row, params ReadOnlySpan<object?> values)
    {
        try
        {
            using var reader = Command(sql, values).ExecuteReader();
            var rows = new List<T>();
            while (reader.Read()) rows.Add(row(reader));
            return rows;
        }
        catch (SqliteException e) { throw Refused(_folder, e); }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var c in _commands.Values) c.Dispose();
        _connection.Dispose();
    }

    // Parameters are @0, @1, ... in the order of the values; a statement is prepared once.
    private SqliteCommand Command(string sql, ReadOnlySpan<object?> values)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
            command.CommandText = sql;
            command.Transaction = Current;
            for (var i = 0; i < values.Length; i++) command.Parameters.Add(new SqliteParameter { ParameterName = FormattableString.Invariant($"@{i}") });
            _commands.Add(sql, command);
        }
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i] ?? DBNull.Value;
        return command;
    }

    // SQLite takes a page that is cut for one that ends in zeros. While there is a log, it has what the file lacks.
    private void AssertWholePages()
    {
        var (file, log) = (new FileInfo(Path.Combine(_folder, FileName)), new FileInfo(Path.Combine(_folder, $"{FileName}-wal")));
        if (file.Length % Number("PRAGMA page_size") != 0 && log is not { Exists: true, Length: > 0 })
            throw new SearchException(FormattableString.Invariant($"the facts of this gallery ({FileName}) are damaged ({file.Length} bytes are no whole number of pages). Restore it from a copy, or index into a new gallery."), _folder);
    }

    private void AssertVersion()
    {
        AssertWholePages();
        var version = Number("PRAGMA user_version");
        if (version > Schema.Version) throw new SearchException(FormattableString.Invariant($"this gallery was written by a newer version of NClip (its tables are of version {version}, this program knows {Schema.Version}). Use the newer one."), _folder);
        if (version < 1) throw new SearchException($"{FileName} in it is no gallery's. Name another gallery, or remove that file.", _folder);
        if (version == Schema.Version) return;
        Within(writes: true, () =>
        {
            for (var v = Number("PRAGMA user_version"); v < Schema.Version; v++) Do(Schema.Steps[(int)v - 1]);
            return Do(FormattableString.Invariant($"PRAGMA user_version = {Schema.Version}"));
        });
    }
}
