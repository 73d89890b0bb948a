using System.IO.Compression;

namespace NClip.Text;

/// <summary>The data files that this assembly carries (Text/Data), by file name.</summary>
internal static class EmbeddedData
{
    /// <summary>The file's bytes, unpacked where it ends with .gz.</summary>
    public static byte[] Read(string name)
    {
        using var stream = typeof(EmbeddedData).Assembly.GetManifestResourceStream($"NClip.Text.Data.{name}")
            ?? throw new InvalidOperationException($"the embedded file {name} is missing from the assembly.");
        using var unpacked = name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        using var memory = new MemoryStream();
        unpacked.CopyTo(memory);
        return memory.ToArray();
    }
}
