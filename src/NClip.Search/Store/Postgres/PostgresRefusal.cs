using System.Text.RegularExpressions;
using Npgsql;

namespace NClip.Search.Store.Postgres;

/// <summary>What a database refuses, in the gallery's words. The cluster's own messages name the node that is lost.</summary>
internal static partial class PostgresRefusal
{
    private const string Kept = "What was committed is kept; when it is back, the same command goes on.";

    /// <summary>Whether an error is the database's, or of the way to it.</summary>
    public static bool Is(Exception e) => e is NpgsqlException or TimeoutException or System.Net.Sockets.SocketException or IOException;

    /// <summary>Whether the same may succeed at once: a connection that was lost meanwhile, or two writers that met.</summary>
    public static bool IsPassing(Exception e) => e is PostgresException p ? p.SqlState is "40001" or "40P01" or "23505" || IsLost(p) : Is(e);

    /// <summary>The error for the user.</summary>
    public static SearchException Of(PostgresAddress gallery, Exception e) => new(e switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } p => $"the server does not let this user in: {Text(p)} Check user and password, in the connection string, PGPASSWORD or ~/.pgpass.",
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } p => $"{Text(p)} Make it with createdb, or name another.",
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } p => $"{Text(p)} The user needs the right to make tables in this database.",
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } p => $"{Text(p)} {Kept}",
        PostgresException p when IsLost(p) => $"a server was lost: {Text(p)} {Kept}",
        PostgresException p => $"the database refuses: {Text(p)}",
        _ => $"the server {gallery.Server} cannot be reached: {OneLine((e.InnerException ?? e).Message)} {Kept}",
    }, gallery.Name, e);

    private static bool IsLost(PostgresException e) => e.SqlState is PostgresErrorCodes.IoError || e.SqlState.StartsWith("08", StringComparison.Ordinal) || e.SqlState.StartsWith("57P", StringComparison.Ordinal);

    private static string Text(PostgresException e) => OneLine(e.MessageText);

    private static string OneLine(string text) => Space().Replace(text, " ").Trim().TrimEnd('.') + ".";

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Space();
}
