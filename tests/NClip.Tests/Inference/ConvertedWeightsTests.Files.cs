using System.Runtime.InteropServices;
using NClip.Checkpoints;

namespace NClip.Tests.Inference;

/// <summary>The files that the tests convert.</summary>
public sealed partial class ConvertedWeightsTests
{
    /// <summary>A copy of a tiny model, its float32 tensors as float16 if asked.</summary>
    private string Source(string folder, string weights, bool halve = false)
    {
        if (FormulaCase.Exists(folder, weights))
        {
            var written = FormulaCase.Write(folder, _temporary);
            if (halve) Halve(written, written);
            return written;
        }
        var from = Reference.Path($"model_tiny/{folder}/{weights}");
        if (Directory.Exists(from) && !halve) return from;
        if (Directory.Exists(from)) from = Path.Combine(from, "model.safetensors");
        foreach (var config in Directory.GetFiles(Path.GetDirectoryName(from)!, "*.json")) File.Copy(config, _temporary[Path.GetFileName(config)], overwrite: true);
        var to = _temporary[Path.GetFileName(from)];
        if (halve) Halve(from, to);
        else File.Copy(from, to, overwrite: true);
        return to;
    }

    private static void Halve(string from, string to)
    {
        (string, TensorType, long[], ReadOnlyMemory<byte>)[] halved;
        using (var file = StateDict.Open(from))
            halved = [.. file.Tensors.Values.Select(t => t.Type == TensorType.Float32 ? (t.Name, TensorType.Float16, t.Shape, Half(t)) : (t.Name, t.Type, t.Shape, t.Bytes().ToArray()))];
        Safetensors.Write(to, halved);
    }

    private static ReadOnlyMemory<byte> Half(TensorEntry t) => MemoryMarshal.AsBytes(Array.ConvertAll(t.ToFloat32(), v => (Half)v).AsSpan()).ToArray();

    /// <summary>The model with a vocabulary of at least so many bytes: a hole behind its own embeddings, and the other tensors behind that.</summary>
    private string WithVocabulary(string source, TensorType type, long bytes)
    {
        const string Embedding = "token_embedding.weight";
        using var file = StateDict.Open(source);
        var own = file.Tensors[Embedding];
        long[] shape = [(bytes / type.Size() / own.Shape[1]) + 1, own.Shape[1]];
        var hole = (shape[0] - own.Shape[0]) * shape[1] * type.Size();
        Safetensors.WriteEach(_temporary["large.safetensors"],
        [
            (Embedding, type, shape, to => { to.Write(own.Bytes().Span); to.Seek(hole, SeekOrigin.Current); }),
            .. file.Tensors.Values.Where(t => t != own).Select(t => (t.Name, t.Type, t.Shape, (Action<Stream>)(to => to.Write(t.Bytes().Span)))),
        ]);
        return _temporary["large.safetensors"];
    }

    private static void Change(string file, Func<byte[], byte[]> change) => File.WriteAllBytes(file, change(File.ReadAllBytes(file)));

    private static void Rewrite(string file, Func<IEnumerable<TensorEntry>, IEnumerable<TensorEntry>> change)
    {
        (string, TensorType, long[], ReadOnlyMemory<byte>)[] changed;
        using (var old = StateDict.Open(file)) changed = [.. change(old.Tensors.Values).Select(t => (t.Name, t.Type, t.Shape, (ReadOnlyMemory<byte>)t.Bytes().ToArray()))];
        Safetensors.Write(file, changed);
    }
}
