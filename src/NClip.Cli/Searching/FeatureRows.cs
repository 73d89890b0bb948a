using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace NClip.Cli.Searching;

/// <summary>Features of pictures as <c>nclip embed images -o X.npy</c> writes them: float32 [N, D], and the names in <c>X.npy.rows.jsonl</c>.</summary>
internal static partial class FeatureRows
{
    private const int Prefix = 10, Most = 1 << 20; // bytes before the header's text; of it

    /// <summary>The rows, as they are read.</summary>
    /// <param name="path">X.npy.</param>
    /// <exception cref="UsageException">It is not such a file, or has not as many rows as names.</exception>
    public static IEnumerable<(string File, ReadOnlyMemory<float> Features)> Read(string path)
    {
        var names = $"{path}.rows.jsonl";
        foreach (var f in (string[])[path, names])
            if (!File.Exists(f)) throw new UsageException($"--features {path}: there is no file {f}. nclip embed images -o X.npy writes X.npy and X.npy.rows.jsonl.");
        return Rows(path, names);
    }

    private static IEnumerable<(string File, ReadOnlyMemory<float> Features)> Rows(string path, string names)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
        var (rows, dimension) = Shape(stream, path);
        using var lines = File.ReadLines(names).Where(l => l.Length > 0).GetEnumerator();
        var bytes = new byte[dimension * 4];
        for (var i = 0L; i < rows; i++)
        {
            if (!lines.MoveNext()) throw Wrong(path, string.Create(CultureInfo.InvariantCulture, $"it has {rows} rows and {names} has {i} names"));
            if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length) throw Wrong(path, string.Create(CultureInfo.InvariantCulture, $"it ends in row {i} of {rows}"));
            var values = new float[dimension];
            for (var k = 0; k < dimension; k++) values[k] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(k * 4));
            yield return (Name(lines.Current, names), values);
        }
        if (lines.MoveNext()) throw Wrong(path, string.Create(CultureInfo.InvariantCulture, $"it has {rows} rows and {names} has more names"));
    }

    private static (long Rows, int Dimension) Shape(FileStream stream, string path)
    {
        var start = new byte[Prefix];
        if (stream.ReadAtLeast(start, Prefix, throwOnEndOfStream: false) < Prefix || start[0] != 0x93 || !start.AsSpan(1).StartsWith("NUMPY"u8)) throw Wrong(path, "it is no .npy file");
        var header = new byte[start[6] == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(start.AsSpan(8)) : 0];
        if (header.Length is 0 or > Most || stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length) throw Wrong(path, "it is no .npy file of version 1");
        return Header().Match(Encoding.Latin1.GetString(header)) is { Success: true } m && long.TryParse(m.Groups[1].Value, CultureInfo.InvariantCulture, out var rows) && int.TryParse(m.Groups[2].Value, CultureInfo.InvariantCulture, out var dimension) && dimension is > 0 and < 1 << 16
            ? (rows, dimension) : throw Wrong(path, "it is no table [N, D] of float32 in row order");
    }

    private static string Name(string line, string names)
    {
        try
        {
            using var row = JsonDocument.Parse(line);
            return row.RootElement.GetProperty("file").GetString() is { Length: > 0 } f ? f : throw new KeyNotFoundException();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new UsageException($"{names}: the line '{line}' names no file. Expected {{\"file\": \"...\"}} a line.", e);
        }
    }

    private static UsageException Wrong(string path, string what) => new($"--features {path}: {what}. Make it with nclip embed images -o X.npy.");

    [GeneratedRegex(@"^(?=.*'descr': *'<f4')(?=.*'fortran_order': *False).*'shape': *\((\d+), *(\d+),? *\)", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Header();
}
