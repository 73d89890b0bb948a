using System.Text;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace NClip.Training.Data;

/// <summary>Writes tensors as a safetensors file.</summary>
internal static class SafetensorsFile
{
    /// <summary>Writes float32 tensors, or float16 ones where <paramref name="half"/> says so. The file appears whole or not at all.</summary>
    public static void Write(string path, IEnumerable<(string Name, Tensor Value)> tensors, Func<string, bool>? half = null, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var header = new JsonObject();
        if (metadata is not null) header["__metadata__"] = new JsonObject(metadata.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value)));
        var data = new MemoryStream();
        foreach (var (name, value) in tensors)
        {
            var small = half?.Invoke(name) == true;
            var from = data.Length;
            data.Write(value.detach().to_type(small ? ScalarType.Float16 : ScalarType.Float32).contiguous().bytes);
            header[name] = new JsonObject { ["dtype"] = small ? "F16" : "F32", ["shape"] = new JsonArray([.. value.shape.Select(s => (JsonNode)s)]), ["data_offsets"] = new JsonArray(from, data.Length) };
        }
        var json = Encoding.UTF8.GetBytes(header.ToJsonString());
        var padded = (json.Length + 7) / 8 * 8;
        using (var file = File.Create(path + ".part"))
        {
            file.Write(BitConverter.GetBytes((long)padded));
            file.Write(json);
            for (var i = json.Length; i < padded; i++) file.WriteByte((byte)' ');
            data.WriteTo(file);
        }
        File.Move(path + ".part", path, overwrite: true);
    }
}
