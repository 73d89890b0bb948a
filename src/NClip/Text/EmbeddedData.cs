using System.IO.Compression;

namespace NClip.Text;

/// <summary>The data files that this assembly carries (Text/Data), by file name.</summary>
internal static class EmbeddedData
{
    /// <summary>The file, unpacked where its name ends with .gz.</summary>
    public static Stream Open(string name)
    {
        var stream = typeof(EmbeddedData).Assembly.GetManifestResourceStream($"NClip.Text.Data.{name}")
            ?? throw new InvalidOperationException($"the embedded file {name} is missing from the assembly.");
        return name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
    }

    /// <summary>The whole file, unpacked where its name ends with .gz.</summary>
    public static byte[] Read(string name)
    {
        using var stream = Open(name);
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }
}
