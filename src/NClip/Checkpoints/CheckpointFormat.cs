using System.Buffers.Binary;
using System.Text;
using NClip.Checkpoints.Torch;

namespace NClip.Checkpoints;

/// <summary>Tells by its bytes what a weight file is, whatever it is called, and reads it. A new format is a reader and a line here.</summary>
internal static class CheckpointFormat
{
    /// <summary>Reads one weight file. The result owns <paramref name="source"/>.</summary>
    public static StateDict Read(ByteSource source)
    {
        if (source.Length == 0) throw new CheckpointException(source.Name, "is empty. Get it again.");
        var head = source.Head(512);
        if (LooksLikeSafetensors(head)) return SafetensorsReader.Read(source);
        if (head.StartsWith("PK\x03\x04"u8) || head.StartsWith("PK\x05\x06"u8)) return TorchZipReader.Read(source);
        if (head.Length >= 2 && head[0] == 0x80 && head[1] is >= 2 and <= 5) return TorchLegacyReader.Read(source);
        if (WhatElse(head) is { } what) throw new CheckpointException(source.Name, what);
        // Only the name says so; the reader tells what is wrong with it.
        if (source.Name.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)) return SafetensorsReader.Read(source);
        throw new CheckpointException(source.Name, $"is none of the formats that NClip reads (safetensors, PyTorch .pt/.bin, TorchScript); it begins with the bytes {Convert.ToHexString(head[..Math.Min(8, head.Length)])}.");
    }

    private static bool LooksLikeSafetensors(ReadOnlySpan<byte> head)
        => head.Length >= 9 && head[8] == (byte)'{' && BinaryPrimitives.ReadUInt64LittleEndian(head) <= SafetensorsReader.MaxHeader;

    /// <summary>A sentence for files that are often found in the place of weights.</summary>
    private static string? WhatElse(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith("version https://git-lfs.github.com/spec/"u8)) return $"is a git-lfs pointer{LfsSize(head)}, not the weights themselves. Run 'git lfs pull' in its repository.";
        var text = Encoding.Latin1.GetString(head).TrimStart('\u00ef', '\u00bb', '\u00bf', ' ', '\t', '\r', '\n');
        if (text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<head", StringComparison.OrdinalIgnoreCase))
            return "is an HTML page, not weights: the download got a web page (a login, an error, a link to a viewer). Get the file itself.";
        if (text.StartsWith("<?xml", StringComparison.OrdinalIgnoreCase)) return "is an XML text, not weights: most likely a server's error message. Get the file again.";
        if (head.StartsWith("GGUF"u8)) return "is a GGUF file (llama.cpp). NClip reads the original weights: safetensors or PyTorch files.";
        if (head.Length > 6 && head[0] == 0x93 && head[1..].StartsWith("NUMPY"u8)) return "is a NumPy array (.npy), not a set of named tensors. Save the arrays as safetensors.";
        if (head.Length > 4 && head[0] == 0x08 && head[1] is >= 1 and <= 20 && head[2] is 0x12 or 0x1a or 0x3a) return "is an ONNX graph. NClip writes its graph itself from the original weights: safetensors or PyTorch files.";
        if (head.Length > 8 && head[4..].StartsWith("TFL3"u8)) return "is a TensorFlow Lite model. NClip reads safetensors or PyTorch files.";
        if (head.Length > 8 && head[0] == 0x89 && head[1..].StartsWith("HDF\r\n"u8)) return "is an HDF5 file (Keras). NClip reads safetensors or PyTorch files.";
        if (head.Length >= 262 && head[257..].StartsWith("ustar"u8)) return "is a tar archive. Unpack it first.";
        if (head.Length > 2 && head[0] == 0x1f && head[1] == 0x8b) return "is packed with gzip. Unpack it first.";
        if (text.StartsWith('{')) return "is a JSON text, not weights. A sharded model is opened by its folder or its *.index.json.";
        return null;
    }

    private static string LfsSize(ReadOnlySpan<byte> head)
    {
        foreach (var line in Encoding.ASCII.GetString(head).Split('\n'))
            if (line.StartsWith("size ", StringComparison.Ordinal) && long.TryParse(line.AsSpan(5).Trim(), out var size)) return $" (for a file of {size} bytes)";
        return "";
    }
}
