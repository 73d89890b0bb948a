using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NClip.Export;

/// <summary>JSON files for other programs: letters of all scripts as they are.</summary>
internal static class JsonFile
{
    private static readonly JsonWriterOptions _options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes it.</summary>
    public static void Save(JsonObject json, string path)
    {
        using var file = File.Create(path);
        using var writer = new Utf8JsonWriter(file, _options);
        json.WriteTo(writer);
    }
}
