using System.Runtime.InteropServices;
using NClip.Checkpoints;
using NClip.Cli.Inputs;
using NClip.Images;

namespace NClip.Cli.Output;

/// <summary>Pictures as tensors in a safetensors file: F32 [3, H, W], or [rows, columns, side, side, 3] of patches, or the bytes before normalisation, U8 [H, W, 3].</summary>
internal sealed class PixelFile(ImagePipeline pipeline, bool bytes)
{
    /// <summary>Writes the pictures that can be read; the others are named.</summary>
    public void Write(string target, PictureList pictures, int threads, Failures failures, Terminal terminal, CancellationToken stop)
    {
        using var rows = new RowFile(target, (long)pipeline.Length * (bytes ? 1 : sizeof(float)));
        using var progress = new ProgressLine(terminal);
        var (done, sizes, tried) = (new List<string>(), new List<PictureSize>(), 0);
        foreach (var result in Ordered.Select(pictures.Files, threads, Try, stop))
        {
            progress.Count(++tried, pictures.Files.Count, "pictures");
            if (result.Error is { } e) { failures.Add(pictures.Named(e)); continue; }
            rows.Add(result.Bytes);
            done.Add(pictures.Name(result.File));
            sizes.Add(result.Size);
        }
        rows.Flush();
        using var file = new NewFile(target);
        var type = bytes ? TensorType.UInt8 : TensorType.Float32;
        file.Stream.Write(Safetensors.Header([.. Names(done).Select((n, i) => (n, type, Shape(sizes[i])))], null));
        for (var i = 0; i < done.Count; i++)
        {
            stop.ThrowIfCancellationRequested();
            file.Stream.Write(rows.Read(i).Span[..(int)Bytes(sizes[i])]);
        }
        file.Complete();
    }

    /// <summary>A row of the file that holds them meanwhile, as long as the longest, and the picture's size in it.</summary>
    private (string File, byte[] Bytes, PictureSize Size, ClipException? Error) Try(string file)
    {
        try
        {
            var pixels = new byte[pipeline.Length * (bytes ? 1 : sizeof(float))];
            if (!bytes) return (file, pixels, pipeline.Process(file, MemoryMarshal.Cast<byte, float>(pixels.AsSpan())), null);
            var image = pipeline.ProcessToImage(file);
            image.Pixels.Span.CopyTo(pixels);
            return (file, pixels, new(image.Width, image.Height), null);
        }
        catch (ClipException e) { return (file, [], default, e); }
    }

    private long Bytes(PictureSize size) => Shape(size).Aggregate(bytes ? 1L : sizeof(float), (a, b) => a * b);

    private long[] Shape(PictureSize size) => (bytes, pipeline.Spec) switch
    {
        (true, _) => [size.Height, size.Width, 3],
        (_, { Resize: ResizeMode.Patches, Patches: { } p }) => [size.Height / p.Side, size.Width / p.Side, p.Side, p.Side, 3],
        _ => [3, size.Height, size.Width],
    };

    // The file's name; where two folders have the same, the path as it was given.
    private static IEnumerable<string> Names(List<string> files)
    {
        var twice = files.GroupBy(f => Path.GetFileName(f), StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key).ToHashSet(StringComparer.Ordinal);
        return files.Select(f => twice.Contains(Path.GetFileName(f)) ? f : Path.GetFileName(f));
    }
}
