using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using NClip.Checkpoints;

namespace NClip.Evaluation;

/// <summary>Heads as safetensors: tensors in float32; in the metadata <c>format</c> = nclip-head, <c>kind</c>, <c>classes</c> (a JSON list) and the kind's numbers.</summary>
internal static class HeadFile
{
    private const string Format = "nclip-head";

    public static void Write(string path, FeatureHead head)
    {
        var (kind, tensors, settings) = head.Parts();
        var metadata = new Dictionary<string, string> { ["format"] = Format, ["kind"] = kind, ["classes"] = JsonSerializer.Serialize(head.Classes) };
        foreach (var (key, value) in settings) metadata[key] = value;
        Safetensors.Write(path, tensors.Select(t => (t.Name, TensorType.Float32, t.Shape, (ReadOnlyMemory<byte>)MemoryMarshal.AsBytes(t.Values.AsSpan()).ToArray())), metadata);
    }

    public static FeatureHead Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path)) throw new EvaluationException("there is no such file. `nclip probe` and `nclip adapt` write heads.", path);
        using var file = StateDict.Open(path);
        var metadata = file.Metadata;
        if (metadata.GetValueOrDefault("format") != Format) throw new EvaluationException("this is no head: its metadata has no format nclip-head. `nclip probe` and `nclip adapt` write heads.", path);
        try
        {
            var classes = JsonSerializer.Deserialize<string[]>(metadata["classes"]) ?? [];
            return metadata["kind"] switch
            {
                LinearHead.Kind => new LinearHead(classes, Matrix(file, "weight"), Vector(file, "bias"), metadata["normalize"] == "true"),
                TipAdapter.Kind => new TipAdapter(classes, Matrix(file, "text"), Matrix(file, "keys"), [.. Vector(file, "labels").Select(l => (int)l)], Number(metadata, "alpha"), Number(metadata, "beta"), Number(metadata, "scale")),
                var kind => throw new EvaluationException($"this head is of the kind '{kind}', which this version does not know.", path),
            };
        }
        catch (Exception e) when (e is KeyNotFoundException or JsonException or FormatException or ArgumentException or OverflowException || (e is EvaluationException && ((EvaluationException)e).File is null))
        {
            throw new EvaluationException($"the head is damaged: {e.Message} Make it again.", path, e);
        }
    }

    private static Matrix Matrix(StateDict file, string name) => file.Tensors[name] is { Shape: [var rows, var columns] } t ? new Matrix(checked((int)rows), checked((int)columns), t.ToFloat32()) : throw new FormatException($"'{name}' is no matrix.");

    private static float[] Vector(StateDict file, string name) => file.Tensors[name].ToFloat32();

    private static double Number(IReadOnlyDictionary<string, string> metadata, string key) => double.Parse(metadata[key], CultureInfo.InvariantCulture);
}
