using System.Globalization;
using System.Text.Json;
using Tomlyn;
using Tomlyn.Parsing;

namespace NClip.Training.RunFiles;

/// <summary>A run file, TOML or JSON, as a tree that knows its lines.</summary>
internal static class RunFileReader
{
    /// <summary>Longest file that is read.</summary>
    private const long MaxBytes = 1 << 20;

    /// <param name="path">NAME.toml or NAME.json.</param>
    /// <exception cref="RunFileException">It cannot be read, or is neither.</exception>
    public static RunTable Read(string path)
    {
        string text;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxBytes } file) throw new RunFileException($"has {file.Length} bytes; a run file of at most {MaxBytes} is read. This is another file.", path);
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunFileException($"the run file cannot be read: {e.Message}", path, e);
        }
        return path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? Json(text, path) : Toml(text, path, byLine: true);
    }

    /// <summary>The value that follows an equals sign in TOML; what is none is a text, as a shell gives it.</summary>
    /// <param name="value">As it was given.</param>
    /// <param name="place">For messages.</param>
    public static RunNode Value(string value, string place)
    {
        try
        {
            return Toml($"value = {value}", place, byLine: false)["value"]!;
        }
        catch (RunFileException)
        {
            return new RunNode(value, place);
        }
    }

    private static RunTable Toml(string text, string file, bool byLine)
    {
        try
        {
            var parser = TomlParser.Create(text);
            string Place() => byLine ? At(file, parser.Current.Line) : file;
            while (parser.MoveNext() && parser.Current.Kind != TomlParseEventKind.StartTable) { }
            return TomlTable(parser, file, Place);
        }
        catch (TomlException e)
        {
            throw new RunFileException($"is no TOML: {FirstLine(e.Message)}", byLine ? At(file, e.Line ?? 0) : file, e);
        }
    }

    private static RunTable TomlTable(TomlParser parser, string file, Func<string> place)
    {
        var table = new RunTable();
        while (parser.MoveNext() && parser.Current.Kind != TomlParseEventKind.EndTable)
        {
            var (name, at) = (parser.GetPropertyName(), place());
            parser.MoveNext();
            table.Add(name, new RunNode(TomlValue(parser, file, place), at));
        }
        return table;
    }

    private static object TomlValue(TomlParser parser, string file, Func<string> place)
    {
        switch (parser.Current.Kind)
        {
            case TomlParseEventKind.StartTable: return TomlTable(parser, file, place);
            case TomlParseEventKind.String: return parser.GetString();
            case TomlParseEventKind.Integer: return parser.Current.GetInt64();
            case TomlParseEventKind.Float: return parser.Current.GetDouble();
            case TomlParseEventKind.Boolean: return parser.Current.GetBoolean();
            case TomlParseEventKind.StartArray:
                var list = new List<RunNode>();
                while (parser.MoveNext() && parser.Current.Kind != TomlParseEventKind.EndArray)
                {
                    var at = place();
                    list.Add(new RunNode(TomlValue(parser, file, place), at));
                }
                return list;
            default: throw new RunFileException("a date or time is no value that a run has.", place());
        }
    }

    private static RunTable Json(string text, string file)
    {
        try
        {
            var bytes = System.Text.Encoding.UTF8.GetBytes(text);
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject) throw new RunFileException("a JSON object was expected.", file);
            var table = JsonTable(ref reader, bytes, file);
            while (reader.Read()) { }
            return table;
        }
        catch (JsonException e)
        {
            throw new RunFileException($"is no JSON: {FirstLine(e.Message)}", At(file, (int)(e.LineNumber ?? 0) + 1), e);
        }
    }

    private static RunTable JsonTable(ref Utf8JsonReader reader, byte[] text, string file)
    {
        var table = new RunTable();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var (name, at) = (reader.GetString()!, At(file, LineOf(text, reader.TokenStartIndex)));
            reader.Read();
            table.Add(name, new RunNode(JsonValue(ref reader, text, file), at));
        }
        return table;
    }

    private static object JsonValue(ref Utf8JsonReader reader, byte[] text, string file)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject: return JsonTable(ref reader, text, file);
            case JsonTokenType.String: return reader.GetString()!;
            case JsonTokenType.Number: return reader.TryGetInt64(out var whole) ? whole : (object)reader.GetDouble();
            case JsonTokenType.True or JsonTokenType.False: return reader.GetBoolean();
            case JsonTokenType.StartArray:
                var list = new List<RunNode>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    var at = At(file, LineOf(text, reader.TokenStartIndex));
                    list.Add(new RunNode(JsonValue(ref reader, text, file), at));
                }
                return list;
            default: throw new RunFileException("null is no value; leave the key out.", At(file, LineOf(text, reader.TokenStartIndex)));
        }
    }

    private static int LineOf(byte[] text, long offset) => text.AsSpan(0, (int)offset).Count((byte)'\n') + 1;

    private static string At(string file, int line) => string.Create(CultureInfo.InvariantCulture, $"{file}:{line}");

    private static string FirstLine(string message) => message.Split('\n')[0].Trim();
}
