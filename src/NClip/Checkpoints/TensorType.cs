namespace NClip.Checkpoints;

/// <summary>Element type of a stored tensor.</summary>
public enum TensorType { Float32, Float16, BFloat16, Float64, Int64, Int32, Int16, Int8, UInt8, Bool }

/// <summary>The sizes and the names that safetensors gives the element types.</summary>
internal static class TensorTypes
{
    private static readonly (TensorType Type, string Name, int Size)[] _table =
    [
        (TensorType.Float32, "F32", 4), (TensorType.Float16, "F16", 2), (TensorType.BFloat16, "BF16", 2), (TensorType.Float64, "F64", 8),
        (TensorType.Int64, "I64", 8), (TensorType.Int32, "I32", 4), (TensorType.Int16, "I16", 2), (TensorType.Int8, "I8", 1),
        (TensorType.UInt8, "U8", 1), (TensorType.Bool, "BOOL", 1),
    ];

    /// <summary>Kinds that the safetensors format has and NClip does not read: no CLIP is published in them.</summary>
    private static readonly string[] _refused = ["F8_E4M3", "F8_E5M2", "F8_E8M0", "F6_E2M3", "F6_E3M2", "F4", "U16", "U32", "U64", "C64"];

    /// <summary>Bytes of one element.</summary>
    public static int Size(this TensorType type) => _table[(int)type].Size;

    /// <summary>Name in a safetensors header, e.g. <c>BF16</c>.</summary>
    public static string SafetensorsName(this TensorType type) => _table[(int)type].Name;

    public static bool TryParse(string safetensorsName, out TensorType type)
    {
        foreach (var row in _table)
        {
            if (row.Name != safetensorsName) continue;
            type = row.Type;
            return true;
        }
        type = default;
        return false;
    }

    public static bool IsKnownButRefused(string safetensorsName) => Array.IndexOf(_refused, safetensorsName) >= 0;

    public static string AllNames => string.Join(", ", _table.Select(r => r.Name));

    /// <summary>Bytes of a tensor; false where a size is negative or the product leaves 63 bits.</summary>
    public static bool TryByteLength(this TensorType type, ReadOnlySpan<long> shape, out long bytes)
    {
        // A zero anywhere makes the tensor empty, however large the other sizes are.
        bytes = type.Size();
        var empty = false;
        foreach (var n in shape)
        {
            if (n < 0) return false;
            empty |= n == 0;
        }
        if (empty)
        {
            bytes = 0;
            return true;
        }
        foreach (var n in shape)
        {
            if (bytes > long.MaxValue / n) return false;
            bytes *= n;
        }
        return true;
    }
}
