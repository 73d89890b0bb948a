using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace NClip.Search.Store.Postgres;

/// <summary>A gallery in a PostgreSQL database, as a user names it: <c>Host=...;Database=...</c> or <c>postgresql://user@host/database</c>. What messages call it has no password.</summary>
internal sealed partial class PostgresAddress
{
    private static readonly Dictionary<string, string> _words = new(StringComparer.OrdinalIgnoreCase)
    {
        ["sslmode"] = "SSL Mode", ["application_name"] = "Application Name", ["connect_timeout"] = "Timeout", ["options"] = "Options", ["search_path"] = "Search Path", ["passfile"] = "Passfile",
    };

    private PostgresAddress(NpgsqlConnectionStringBuilder settings)
    {
        settings.ApplicationName ??= "nclip";
        settings.CommandTimeout = 0; // an index of millions takes hours; a lost server is seen by its connection
        settings.TcpKeepAlive = true;
        if (settings.Timeout == new NpgsqlConnectionStringBuilder().Timeout) settings.Timeout = 10; // seconds to connect
        Connection = settings.ConnectionString;
        Server = string.Create(CultureInfo.InvariantCulture, $"{settings.Host}:{settings.Port}");
        Name = $"postgresql://{Server}/{settings.Database ?? settings.Username}{(settings.SearchPath is { } s ? $"?search_path={s}" : "")}";
    }

    /// <summary>For the driver. It may have a password.</summary>
    public string Connection { get; }

    /// <summary>Host and port.</summary>
    public string Server { get; }

    /// <summary>What messages call it.</summary>
    public string Name { get; }

    /// <summary>Whether a gallery's name is one of a database, not of a folder.</summary>
    public static bool Is(string where) => Url().IsMatch(where) || Pairs().IsMatch(where);

    /// <summary>Reads it.</summary>
    /// <exception cref="SearchException">It is not understood; the message does not repeat it, for it may have a password.</exception>
    public static PostgresAddress Of(string where)
    {
        try { return new PostgresAddress(Url().IsMatch(where) ? OfUrl(where) : new NpgsqlConnectionStringBuilder(where)); }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            throw new SearchException("the connection string of this gallery is not understood. Expected \"Host=db1;Port=5432;Database=photos;Username=me\" or postgresql://me@db1:5432/photos.");
        }
    }

    private static NpgsqlConnectionStringBuilder OfUrl(string where)
    {
        var url = new Uri(where);
        var settings = new NpgsqlConnectionStringBuilder { Host = url.Host.Trim('[', ']'), Port = url.Port > 0 ? url.Port : 5432 };
        var user = url.UserInfo.Split(':', 2);
        if (user[0].Length > 0) settings.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1) settings.Password = Uri.UnescapeDataString(user[1]);
        if (url.AbsolutePath.Length > 1) settings.Database = Uri.UnescapeDataString(url.AbsolutePath[1..]);
        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2)))
            settings[_words.GetValueOrDefault(pair[0], pair[0])] = Uri.UnescapeDataString(pair.ElementAtOrDefault(1) ?? "");
        return settings;
    }

    [GeneratedRegex("^postgres(ql)?://", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Url();

    [GeneratedRegex(@"(^|;)\s*(Host|Server)\s*=", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Pairs();
}
