using System.Buffers.Binary;
using System.Text.Json;
using NClip.Foundation;

namespace NClip.Checkpoints;

/// <summary>
/// Safetensors: u64 length of a JSON header, the header, the data. The header must describe every byte of the data exactly once.
/// (huggingface/safetensors, README "Format")
/// </summary>
internal static class SafetensorsReader
{
    /// <summary>Longest header, the limit of the reference implementation too.</summary>
    public const long MaxHeader = 100_000_000;

    private const int MaxDimensions = 32;

    private readonly record struct Declared(string Name, TensorType Type, long[] Shape, long Begin, long End);

    public static StateDict Read(ByteSource source)
    {
        if (source.Length < 8) throw Refuse(source, $"is {source.Length} bytes long; a safetensors file begins with 8 bytes of header length. Get it again.");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(source.Span(0, 8));
        if (length > MaxHeader) throw Refuse(source, $"header length at byte 0 is {length}; at most {MaxHeader} is allowed. This is no safetensors file, or it is damaged.");
        if ((long)length > source.Length - 8) throw Refuse(source, $"header length at byte 0 is {length}, but only {source.Length - 8} bytes follow. The file is cut; get it again.");
        var header = source.Span(8, (long)length);
        if (header.Length == 0 || header[0] != (byte)'{') throw Refuse(source, "the header at byte 8 does not begin with '{'. This is no safetensors file.");

        var metadata = new Dictionary<string, string>();
        var declared = ReadHeader(source, header, metadata);
        CheckLayout(source, declared, source.Length - 8 - (long)length);

        var data = 8 + (long)length;
        var tensors = new Dictionary<string, TensorEntry>(declared.Count);
        foreach (var t in declared)
        {
            var (from, bytes) = (data + t.Begin, t.End - t.Begin);
            tensors.Add(t.Name, new TensorEntry(t.Name, t.Type, t.Shape) { File = source.File, Offset = from, ByteLength = bytes, Read = () => source.Memory(from, bytes), ReadPart = (at, n) => source.Memory(from + at, n) });
        }
        return new StateDict(source.Name, RowIntegers.Joined(source.Name, tensors), source) { Metadata = metadata };
    }

    private static List<Declared> ReadHeader(ByteSource source, ReadOnlySpan<byte> header, Dictionary<string, string> metadata)
    {
        var declared = new List<Declared>();
        var names = new HashSet<string>();
        var json = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = 8 });
        try
        {
            json.Read();
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var name = json.GetString()!;
                if (!names.Add(name)) throw Refuse(source, $"the name '{Shown.Name(name)}' is there twice (byte {8 + json.TokenStartIndex}).");
                json.Read();
                if (name == "__metadata__") ReadMetadata(source, ref json, metadata);
                else declared.Add(ReadTensor(source, ref json, name));
            }
            // Only spaces may follow; a second value makes this call throw.
            json.Read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(source.Name, $"the header is not valid JSON near byte {8 + json.BytesConsumed}. The file is damaged; get it again.", e);
        }
        return declared;
    }

    private static void ReadMetadata(ByteSource source, ref Utf8JsonReader json, Dictionary<string, string> metadata)
    {
        if (json.TokenType != JsonTokenType.StartObject) throw Refuse(source, $"__metadata__ at byte {8 + json.TokenStartIndex} is not an object.");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var key = json.GetString()!;
            json.Read();
            if (json.TokenType != JsonTokenType.String) throw Refuse(source, $"__metadata__ '{Shown.Name(key)}' at byte {8 + json.TokenStartIndex} is not a text.");
            if (!metadata.TryAdd(key, json.GetString()!)) throw Refuse(source, $"__metadata__ '{Shown.Name(key)}' is there twice (byte {8 + json.TokenStartIndex}).");
        }
    }

    private static Declared ReadTensor(ByteSource source, ref Utf8JsonReader json, string name)
    {
        var shown = Shown.Name(name);
        if (json.TokenType != JsonTokenType.StartObject) throw Refuse(source, $"tensor '{shown}' at byte {8 + json.TokenStartIndex} is not described by an object.");
        TensorType? type = null;
        long[]? shape = null, offsets = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var key = json.GetString();
            var known = key is "dtype" or "shape" or "data_offsets";
            if (key == "dtype" && type is not null || key == "shape" && shape is not null || key == "data_offsets" && offsets is not null)
                throw Refuse(source, $"tensor '{shown}' has '{key}' twice (byte {8 + json.TokenStartIndex}).");
            json.Read();
            if (!known) json.Skip();
            else if (key == "dtype") type = ReadType(source, ref json, shown);
            else if (key == "shape") shape = ReadIntegers(source, ref json, shown, "shape", MaxDimensions);
            else offsets = ReadIntegers(source, ref json, shown, "data_offsets", 2);
        }
        if (type is null || shape is null || offsets is not { Length: 2 })
            throw Refuse(source, $"tensor '{shown}' lacks {(type is null ? "its dtype" : shape is null ? "its shape" : "its two data_offsets")} (before byte {8 + json.BytesConsumed}).");
        if (offsets[0] > offsets[1]) throw Refuse(source, $"tensor '{shown}' has data_offsets [{offsets[0]}, {offsets[1]}]: the end lies before the beginning.");
        if (!type.Value.TryByteLength(shape, out var bytes)) throw Refuse(source, $"tensor '{shown}' has shape [{string.Join(", ", shape)}]: more bytes than 63 bits can count.");
        if (bytes != offsets[1] - offsets[0])
            throw Refuse(source, $"tensor '{shown}' of shape [{string.Join(", ", shape)}] and dtype {type.Value.SafetensorsName()} needs {bytes} bytes, data_offsets [{offsets[0]}, {offsets[1]}] give it {offsets[1] - offsets[0]}.");
        return new Declared(name, type.Value, shape, offsets[0], offsets[1]);
    }

    private static TensorType ReadType(ByteSource source, ref Utf8JsonReader json, string shown)
    {
        if (json.TokenType != JsonTokenType.String) throw Refuse(source, $"tensor '{shown}': dtype at byte {8 + json.TokenStartIndex} is not a text.");
        var found = json.GetString()!;
        if (TensorTypes.TryParse(found, out var type)) return type;
        throw Refuse(source, TensorTypes.IsKnownButRefused(found)
            ? $"tensor '{shown}' has dtype {found}, which NClip does not read. Convert it to one of {TensorTypes.AllNames}."
            : $"tensor '{shown}' has dtype '{Shown.Name(found)}'; the format has no such kind. NClip reads {TensorTypes.AllNames}.");
    }

    private static long[] ReadIntegers(ByteSource source, ref Utf8JsonReader json, string shown, string what, int most)
    {
        if (json.TokenType != JsonTokenType.StartArray) throw Refuse(source, $"tensor '{shown}': {what} at byte {8 + json.TokenStartIndex} is not a list.");
        var values = new List<long>(4);
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out var n) || n < 0)
                throw Refuse(source, $"tensor '{shown}': {what} at byte {8 + json.TokenStartIndex} has an entry that is not a whole number from 0 up.");
            if (values.Count == most) throw Refuse(source, $"tensor '{shown}': {what} at byte {8 + json.TokenStartIndex} has more than {most} entries.");
            values.Add(n);
        }
        return [.. values];
    }

    /// <summary>In the order of their offsets the tensors must fill the data without a hole, an overlap or a rest.</summary>
    private static void CheckLayout(ByteSource source, List<Declared> declared, long dataLength)
    {
        declared.Sort(static (a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        var (end, last) = (0L, (string?)null);
        string Last() => last is null ? "the beginning of the data" : $"tensor '{Shown.Name(last)}'";
        foreach (var t in declared)
        {
            if (t.End > dataLength) throw Refuse(source, $"tensor '{Shown.Name(t.Name)}' ends at byte {t.End} of the data, which has {dataLength}. The file is cut or its header lies; get it again.");
            if (t.Begin < end) throw Refuse(source, $"tensor '{Shown.Name(t.Name)}' begins at byte {t.Begin} of the data and overlaps {Last()}, which ends at {end}.");
            if (t.Begin > end) throw Refuse(source, $"bytes {end} to {t.Begin} of the data, between {Last()} and tensor '{Shown.Name(t.Name)}', belong to no tensor.");
            (end, last) = (t.End, t.Name);
        }
        if (end != dataLength) throw Refuse(source, $"bytes {end} to {dataLength} of the data, after {Last()}, belong to no tensor.");
    }

    private static CheckpointException Refuse(ByteSource source, string message) => new(source.Name, message);
}
