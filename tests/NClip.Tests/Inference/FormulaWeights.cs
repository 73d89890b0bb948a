using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace NClip.Tests.Inference;

/// <summary>A tensor whose values are a formula of its name.</summary>
internal sealed record FormulaTensor(string Name, long[] Shape, string Type = "F32");

/// <summary>Weights, images and tokens by the formula that the reference models were made with (README of the reference data): no weights need be stored.</summary>
internal static class FormulaWeights
{
    private const int Chunk = 1 << 20;

    /// <summary>u(seed, i): in [-1, 1), exact in float32.</summary>
    public static float Uniform(ulong hash, ulong i) => ((float)(Raw(hash, i) >> 40) * (1f / (1 << 23))) - 1f;

    public static ulong Raw(ulong hash, ulong i)
    {
        var z = hash + i + 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    public static ulong Hash(string s)
    {
        var h = 0xCBF29CE484222325;
        foreach (var c in Encoding.UTF8.GetBytes(s)) h = (h ^ c) * 0x100000001B3;
        return h;
    }

    /// <summary>2·u("images", i).</summary>
    public static float[] Images(long[] shape)
    {
        var (h, r) = (Hash("images"), new float[shape.Aggregate(1L, (a, b) => a * b)]);
        Parallel.For(0, r.Length, i => r[i] = 2 * Uniform(h, (ulong)i));
        return r;
    }

    /// <summary>Writes a safetensors file, tensor by tensor.</summary>
    public static void Write(string path, string prefix, IReadOnlyList<FormulaTensor> tensors)
    {
        var (header, offsets, at) = (new Dictionary<string, object>(), new List<long>(), 0L);
        foreach (var t in tensors)
        {
            offsets.Add(at);
            var end = at + (Count(t) * Size(t));
            header[t.Name] = new { dtype = t.Type, shape = t.Shape, data_offsets = new[] { at, end } };
            at = end;
        }
        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, preallocationSize: 8 + json.Length + at);
        var start = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(start, json.Length);
        RandomAccess.Write(file, start, 0);
        RandomAccess.Write(file, json, 8);
        var pieces = tensors.SelectMany((t, i) => Enumerable.Range(0, (int)((Count(t) + Chunk - 1) / Chunk)).Select(p => (Tensor: t, From: (long)p * Chunk, At: 8 + json.Length + offsets[i])));
        Parallel.ForEach(pieces, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, p =>
        {
            var bytes = Values(prefix, p.Tensor, p.From, (int)Math.Min(Chunk, Count(p.Tensor) - p.From));
            RandomAccess.Write(file, bytes, p.At + (p.From * Size(p.Tensor)));
        });
    }

    private static byte[] Values(string prefix, FormulaTensor t, long from, int count)
    {
        var r = new byte[count * Size(t)];
        if (t.Type == "I64") return r;
        var (offset, scale) = Rule(t.Name, t.Shape);
        var hash = Hash(prefix + t.Name);
        if (t.Type == "F32")
        {
            var f = MemoryMarshal.Cast<byte, float>(r.AsSpan());
            for (var i = 0; i < count; i++) f[i] = offset + (scale * Uniform(hash, (ulong)(from + i)));
        }
        else
        {
            var f = MemoryMarshal.Cast<byte, Half>(r.AsSpan());
            for (var i = 0; i < count; i++) f[i] = (Half)(offset + (scale * Uniform(hash, (ulong)(from + i))));
        }
        return r;
    }

    /// <summary>The README's table: the first rule that fits.</summary>
    private static (float Offset, float Scale) Rule(string n, long[] shape)
    {
        bool Ends(params string[] ends) => ends.Any(e => n.EndsWith(e, StringComparison.Ordinal));
        if (Ends("logit_scale")) return (2.5f, 0.3f);
        if (Ends("logit_bias")) return (-2, 0.5f);
        if (Ends("running_var")) return (1, 0.5f);
        if (Ends("running_mean")) return (0, 0.1f);
        if (Ends("token_embedding.weight", "positional_embedding", "position_embedding.weight", "position_embeddings.weight", "token_type_embeddings.weight", "word_embeddings.weight", "pos_embed", "latent", "probe", "attn_pool.query", "cls_token")) return (0, 0.3f);
        if (Ends("class_embedding", "cls_emb")) return (0, 0.5f);
        if (Ends(".gamma")) return (0.5f, 0.3f);
        if (shape.Length <= 1) return n.EndsWith(".weight", StringComparison.Ordinal) ? (1, 0.2f) : (0, 0.1f);
        var fan = Ends("visual.proj", "text_projection") ? shape[0] : shape.Skip(1).Aggregate(1L, (a, b) => a * b);
        return (0, (float)Math.Sqrt(3.0 / fan));
    }

    private static long Count(FormulaTensor t) => t.Shape.Aggregate(1L, (a, b) => a * b);

    private static int Size(FormulaTensor t) => t.Type switch { "F32" => 4, "F16" => 2, "I64" => 8, _ => throw new ArgumentException($"no formula for {t.Type}") };
}
