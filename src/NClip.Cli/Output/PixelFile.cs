using System.Runtime.InteropServices;
using NClip.Checkpoints;
using NClip.Cli.Inputs;
using NClip.Images;

namespace NClip.Cli.Output;

/// <summary>Pictures as tensors in a safetensors file: F32 [3, H, W], or the bytes before normalisation, U8 [H, W, 3].</summary>
internal sealed class PixelFile(ImagePipeline pipeline, bool bytes)
{
    private readonly long[] _shape = bytes ? [pipeline.Spec.Height, pipeline.Spec.Width, 3] : [3, pipeline.Spec.Height, pipeline.Spec.Width];

    /// <summary>Writes the pictures that can be read; the others are named.</summary>
    public void Write(string target, PictureList pictures, int threads, Failures failures, Terminal terminal, CancellationToken stop)
    {
        using var rows = new RowFile(target, (long)pipeline.Length * (bytes ? 1 : sizeof(float)));
        using var progress = new ProgressLine(terminal);
        var (done, tried) = (new List<string>(), 0);
        foreach (var result in Ordered.Select(pictures.Files, threads, Try, stop))
        {
            progress.Count(++tried, pictures.Files.Count, "pictures");
            if (result.Error is { } e) { failures.Add(pictures.Named(e)); continue; }
            rows.Add(result.Bytes);
            done.Add(pictures.Name(result.File));
        }
        rows.Flush();
        using var file = new NewFile(target);
        var type = bytes ? TensorType.UInt8 : TensorType.Float32;
        file.Stream.Write(Safetensors.Header([.. Names(done).Select(n => (n, type, _shape))], null));
        for (var i = 0; i < done.Count; i++)
        {
            stop.ThrowIfCancellationRequested();
            file.Stream.Write(rows.Read(i).Span);
        }
        file.Complete();
    }

    private (string File, byte[] Bytes, ClipException? Error) Try(string file)
    {
        try
        {
            if (bytes) return (file, pipeline.ProcessToBytes(file), null);
            var pixels = new byte[pipeline.Length * sizeof(float)];
            pipeline.Process(file, MemoryMarshal.Cast<byte, float>(pixels.AsSpan()));
            return (file, pixels, null);
        }
        catch (ClipException e) { return (file, [], e); }
    }

    // The file's name; where two folders have the same, the path as it was given.
    private static IEnumerable<string> Names(List<string> files)
    {
        var twice = files.GroupBy(f => Path.GetFileName(f), StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key).ToHashSet(StringComparer.Ordinal);
        return files.Select(f => twice.Contains(Path.GetFileName(f)) ? f : Path.GetFileName(f));
    }
}
