using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using NClip.Foundation;

namespace NClip.Search.Shards;

/// <summary>
/// A manifest as JSON: <c>version</c>, <c>root</c>, <c>shards</c>, and <c>samples</c>, each with <c>file</c>, <c>bytes</c> and perhaps <c>sha256</c>, one a line. The closing brace is
/// the last byte, so that a file that was cut anywhere is no JSON. Names that are not known are passed over.
/// </summary>
internal static class ManifestJson
{
    /// <summary>The version of this form.</summary>
    public const int Version = 1;

    private const long Most = 2_000_000_000; // bytes: one array
    private static readonly JsonWriterOptions _plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What a JSON file said, before it is checked as a whole.</summary>
    private sealed class Parts
    {
        public int? Version, Shards;
        public string? Root;
        public List<ManifestSample>? Samples;
    }

    /// <summary>Writes it.</summary>
    public static void Write(Stream to, EmbeddingManifest manifest)
    {
        var line = new ArrayBufferWriter<byte>(256);
        Object(w =>
        {
            w.WriteNumber("version", Version);
            w.WriteString("root", manifest.Root);
            w.WriteNumber("shards", manifest.Shards);
        });
        to.Write(line.WrittenSpan[..^1]); // without its brace: the samples belong to it
        to.Write(",\"samples\":["u8);
        for (var i = 0; i < manifest.Samples.Count; i++)
        {
            var sample = manifest.Samples[i];
            to.Write(i == 0 ? "\n"u8 : ",\n"u8);
            Object(w =>
            {
                w.WriteString("file", sample.File);
                w.WriteNumber("bytes", sample.Bytes);
                if (sample.Sha256 is { } digest) w.WriteString("sha256", digest);
            });
            to.Write(line.WrittenSpan);
        }
        to.Write("\n]}"u8);

        void Object(Action<Utf8JsonWriter> members)
        {
            line.ResetWrittenCount();
            using var w = new Utf8JsonWriter(line, _plain);
            w.WriteStartObject();
            members(w);
            w.WriteEndObject();
        }
    }

    /// <summary>Reads it.</summary>
    /// <exception cref="SearchException">It cannot be read, or is no manifest.</exception>
    public static EmbeddingManifest Read(string file, string? root)
    {
        var parts = Parse(file, Bytes(file));
        if (parts.Version is { } version && version != Version) throw new SearchException(FormattableString.Invariant($"is a manifest of version {version}; this program reads version {Version}. Use the newer program that made it."), file);
        if (Missing(parts) is { } missing) throw new SearchException($"has no \"{missing}\"; a manifest has version, root, shards and samples. Make it with nclip embed manifest.", file);
        var top = root ?? parts.Root!;
        var from = root is null ? Path.GetDirectoryName(Path.GetFullPath(file))! : Environment.CurrentDirectory;
        return Checked(file, Path.TrimEndingDirectorySeparator(Path.GetFullPath(top, from)), parts.Shards!.Value, parts.Samples!);
    }

    /// <summary>A manifest whose samples are each there once, below its root, and enough for its shards.</summary>
    /// <exception cref="SearchException">They are not.</exception>
    public static EmbeddingManifest Checked(string file, string root, int shards, IReadOnlyList<ManifestSample> samples)
    {
        if (samples.Count == 0) throw new SearchException("has no samples. Make a manifest of folders or files with pictures.", file);
        if (shards < 1 || shards > samples.Count) throw new SearchException(FormattableString.Invariant($"{shards} shards were asked for, and there are {samples.Count} samples. Give 1 to {samples.Count}: each shard has one at least."), file);
        var places = new Dictionary<string, int>(samples.Count, StringComparer.Ordinal);
        for (var i = 0; i < samples.Count; i++)
        {
            var s = samples[i];
            if (Stray(s.File) is { } stray) throw new SearchException(FormattableString.Invariant($"sample {i} is '{Shown.Name(s.File)}', {stray}. Samples are paths from the root on, divided by /, and stay below it."), file);
            if (!places.TryAdd(s.File, i)) throw new SearchException(FormattableString.Invariant($"sample {i} is '{Shown.Name(s.File)}', which sample {places[s.File]} is already. Each is listed once: remove one of them."), file);
        }
        return new EmbeddingManifest(root, shards, samples);
    }

    // Words only: where links below the root lead is its owner's affair, as it is for folders that are embedded without a manifest.
    private static string? Stray(string name)
    {
        if (name.Contains('\0', StringComparison.Ordinal)) return "which no file can be called";
        if (Path.IsPathRooted(name) || name.StartsWith('/') || (name.Length > 1 && name[1] == ':' && OperatingSystem.IsWindows())) return "a path of its own, not one from the root on";
        var steps = name.Split('/', OperatingSystem.IsWindows() ? '\\' : '/');
        return steps.Contains("..") ? "which leaves the manifest's root" : steps.Any(s => s is "" or ".") ? "which has an empty step" : null;
    }

    private static byte[] Bytes(string file)
    {
        try
        {
            if (Directory.Exists(file)) throw new SearchException("this is a folder. Name the manifest's file.", file);
            if (new FileInfo(file) is { Exists: true, Length: > Most } large) throw new SearchException(FormattableString.Invariant($"has {large.Length} bytes; a manifest has {Most} at most. Divide the pictures among several manifests."), file);
            return File.ReadAllBytes(file);
        }
        catch (Exception e) when (FileRefusal.Is(e))
        {
            throw new SearchException(e is FileNotFoundException or DirectoryNotFoundException ? "there is no such manifest. Make it with nclip embed manifest FOLDER -o manifest.json." : $"cannot be read: {e.Message}", file, e);
        }
    }

    private static string? Missing(Parts p) => p.Version is null ? "version" : p.Root is null ? "root" : p.Shards is null ? "shards" : p.Samples is null ? "samples" : null;

    private static Parts Parse(string file, ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith("\uFEFF"u8)) bytes = bytes[3..];
        try
        {
            var json = new Utf8JsonReader(bytes);
            var parts = new Parts();
            json.Read();
            if (json.TokenType != JsonTokenType.StartObject) throw Wrong(file, "it is no JSON object");
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var name = json.GetString();
                json.Read();
                if (name == "version") parts.Version = (int)Whole(ref json, file, "version", int.MaxValue);
                else if (name == "root") parts.Root = Text(ref json, file, "root");
                else if (name == "shards") parts.Shards = (int)Whole(ref json, file, "shards", int.MaxValue);
                else if (name == "samples") parts.Samples = Samples(ref json, file);
                else json.Skip();
            }
            while (json.Read()) { /* nothing may follow: the reader says so */ }
            return parts;
        }
        catch (JsonException e)
        {
            throw new SearchException(FormattableString.Invariant($"is no whole JSON: it was cut, or changed, at line {e.LineNumber + 1}, byte {e.BytePositionInLine} of it ({bytes.Length} bytes in all). Get it again, or make it anew with nclip embed manifest."), file, e);
        }
        catch (InvalidOperationException e) // a text that is no UTF-8
        {
            throw new SearchException($"has a text that is no UTF-8 ({e.Message.TrimEnd('.')}). Get it again, or make it anew with nclip embed manifest.", file, e);
        }
    }

    private static List<ManifestSample> Samples(ref Utf8JsonReader json, string file)
    {
        if (json.TokenType != JsonTokenType.StartArray) throw Wrong(file, "\"samples\" is no list");
        var samples = new List<ManifestSample>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            var place = FormattableString.Invariant($"sample {samples.Count}");
            if (json.TokenType != JsonTokenType.StartObject) throw Wrong(file, $"{place} is no object");
            var (name, bytes, digest) = ((string?)null, (long?)null, (string?)null);
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var member = json.GetString();
                json.Read();
                if (member == "file") name = Text(ref json, file, $"{place}: file");
                else if (member == "bytes") bytes = Whole(ref json, file, $"{place}: bytes", long.MaxValue);
                else if (member == "sha256") digest = Digest(ref json, file, place);
                else json.Skip();
            }
            samples.Add(new ManifestSample(name ?? throw Wrong(file, $"{place} has no \"file\""), bytes ?? throw Wrong(file, $"{place} has no \"bytes\""), digest));
        }
        return samples;
    }

    private static string Text(ref Utf8JsonReader json, string file, string what)
        => json.TokenType == JsonTokenType.String && json.GetString() is { Length: > 0 } text ? text : throw Wrong(file, $"{what} is no text with something in it");

    private static long Whole(ref Utf8JsonReader json, string file, string what, long most)
        => json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var n) && n >= 0 && n <= most ? n : throw Wrong(file, FormattableString.Invariant($"{what} is no whole number in 0..{most}"));

    private static string? Digest(ref Utf8JsonReader json, string file, string place)
        => json.TokenType == JsonTokenType.Null ? null
        : json.TokenType == JsonTokenType.String && json.GetString() is { Length: 64 } text && text.All(char.IsAsciiHexDigit) ? text.ToLowerInvariant()
        : throw Wrong(file, $"{place}: sha256 is no 64 hexadecimal digits");

    private static SearchException Wrong(string file, string what) => new($"is no manifest: {what}. Expected {{\"version\": 1, \"root\": \"...\", \"shards\": 4, \"samples\": [{{\"file\": \"a.jpg\", \"bytes\": 1234}}, ...]}}, as nclip embed manifest makes it.", file);
}
