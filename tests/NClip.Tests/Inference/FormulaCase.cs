using System.Text.Json;

namespace NClip.Tests.Inference;

/// <summary>Tiny models of which the repository keeps names and shapes only (model_tiny/formula.json); their values are the formula's.</summary>
internal static class FormulaCase
{
    private static readonly Lazy<JsonDocument> _cases = new(() => JsonDocument.Parse(File.ReadAllBytes(Reference.Path("model_tiny/formula.json"))));

    public static bool Exists(string folder, string weights) => _cases.Value.RootElement.TryGetProperty(folder, out var c) && c.GetProperty("file").GetString() == weights;

    /// <summary>Writes the weights and copies the configurations beside them.</summary>
    public static string Write(string folder, TemporaryFolder to)
    {
        var c = _cases.Value.RootElement.GetProperty(folder);
        var path = to["model.safetensors"];
        FormulaWeights.Write(path, c.GetProperty("prefix").GetString()!, [.. c.GetProperty("tensors").EnumerateArray().Select(Tensor)]);
        foreach (var config in Directory.GetFiles(Reference.Path("model_tiny/" + folder), "*.json")) File.Copy(config, to[Path.GetFileName(config)]);
        return path;
    }

    internal static FormulaTensor Tensor(JsonElement t) => new(t[0].GetString()!, [.. t[1].EnumerateArray().Select(d => d.GetInt64())], t.GetArrayLength() > 2 ? t[2].GetString()! : "F32");
}
