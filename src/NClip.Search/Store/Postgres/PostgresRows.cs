using System.Security.Cryptography;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace NClip.Search.Store.Postgres;

/// <summary>Facts as columns, and back.</summary>
internal static class PostgresRows
{
    /// <summary>The columns of a content's facts, in the order that <see cref="Facts(NpgsqlDataReader, int)"/> reads and <see cref="Facts(NpgsqlBinaryImporter, PictureFacts)"/> writes.</summary>
    public const string Columns = "width, height, taken, camera, latitude, longitude, orientation";

    /// <summary>A text, or null.</summary>
    public static string? Text(this NpgsqlDataReader r, int i) => r.IsDBNull(i) ? null : r.GetString(i);

    /// <summary>The facts from column <paramref name="i"/> on.</summary>
    public static PictureFacts Facts(this NpgsqlDataReader r, int i) => new(
        r.IsDBNull(i) ? null : r.GetInt32(i), r.IsDBNull(i + 1) ? null : r.GetInt32(i + 1), r.IsDBNull(i + 2) ? null : new DateTime(r.GetInt64(i + 2)), r.Text(i + 3),
        r.IsDBNull(i + 4) ? null : r.GetDouble(i + 4), r.IsDBNull(i + 5) ? null : r.GetDouble(i + 5), r.GetInt32(i + 6));

    /// <summary>Writes facts.</summary>
    public static void Facts(this NpgsqlBinaryImporter to, PictureFacts f)
    {
        to.Number(f.Width);
        to.Number(f.Height);
        if (f.Taken is { } taken) to.Write(taken.Ticks, NpgsqlDbType.Bigint);
        else to.WriteNull();
        to.String(f.Camera);
        foreach (var degrees in (double?[])[f.Latitude, f.Longitude])
            if (degrees is { } d) to.Write(d, NpgsqlDbType.Double);
            else to.WriteNull();
        to.Number(f.Orientation);
    }

    /// <summary>Writes a text or null, without the character that PostgreSQL's texts cannot have.</summary>
    public static void String(this NpgsqlBinaryImporter to, string? text)
    {
        if (text is null) to.WriteNull();
        else to.Write(Plain(text), NpgsqlDbType.Text);
    }

    /// <summary>Writes a number or null.</summary>
    public static void Number(this NpgsqlBinaryImporter to, int? number)
    {
        if (number is { } n) to.Write(n, NpgsqlDbType.Integer);
        else to.WriteNull();
    }

    /// <summary>The key of a file: the first 16 bytes of the SHA-256 of its path.</summary>
    public static Guid Id(string path) => new(SHA256.HashData(Encoding.UTF8.GetBytes(path)).AsSpan(0, 16), bigEndian: true);

    /// <summary>The part of the work that a file belongs to.</summary>
    public static int Part(string path) => SHA256.HashData(Encoding.UTF8.GetBytes(path))[0];

    /// <summary>A content's hash as the tables have it.</summary>
    public static Guid Key(UInt128 hash) => new(Hashes.Bytes(hash), bigEndian: true);

    /// <summary>And back.</summary>
    public static UInt128 Hash(Guid key) => Hashes.Of(key.ToByteArray(bigEndian: true));

    /// <summary>A text in which case makes no difference, as <see cref="StringComparison.OrdinalIgnoreCase"/> sees it, whatever the server's locale.</summary>
    public static string Folded(string text) => Plain(text).ToUpperInvariant();

    // Also halves of characters, which a file name on Windows may have.
    private static string Plain(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\0', ' ');
}
