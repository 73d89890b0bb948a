using System.Runtime.InteropServices;
using System.Text.Json;
using NClip.Checkpoints;
using NClip.Configuration;
using NClip.Foundation;

namespace NClip.Towers;

/// <summary>Low-rank adapters beside a tower's matrices, one of which is added for good: W + left·right·alpha/rank. (Hu et al. 2022)</summary>
/// <param name="Adapters">How many the file has.</param>
/// <param name="Rank">r.</param>
internal sealed record LoraSpec(int Adapters, int Rank)
{
    // Rows that one thread adds to at a time.
    private const int Rows = 64;

    /// <summary>The sum is alpha / rank of the product.</summary>
    public double Alpha { get; init; } = 1;

    /// <summary>The one that is added.</summary>
    public int Adapter { get; init; }

    /// <summary>As <see cref="TowerSpec.Misfit"/>.</summary>
    public string? Misfit => Adapter >= Adapters ? $"adapter {Adapter} of {Adapters}" : null;

    /// <summary>The adapters of a table [V, W]; null where it has none.</summary>
    public static LoraSpec? Infer(ModelTensors t, string table)
    {
        if (!t.Has(table + ".lora_A")) return null;
        var shape = t.Shape(table + ".lora_A", 3);
        return new((int)shape[0], (int)shape[2]);
    }

    /// <summary>What jina's hf_model_config_kwargs say, and the task whose adapter is added.</summary>
    public LoraSpec With(ConfigSection c, string? task)
    {
        string?[] tasks = c.Get("lora_adaptations") is { ValueKind: JsonValueKind.Array } all ? [.. all.EnumerateArray().Select(a => a.ValueKind == JsonValueKind.String ? a.GetString() : null)] : [];
        var at = task is null ? 0 : Array.IndexOf(tasks, task);
        return this with
        {
            Alpha = c.Number("lora_alpha", 0, 1e6) ?? Alpha,
            Rank = c.Int("lora_rank", ConfigRange.Width) ?? Rank,
            Adapter = at >= 0 || tasks.Length == 0 ? Math.Max(0, at) : throw c.Unknown("default_lora_task", task, string.Join(", ", tasks)),
        };
    }

    /// <summary>The adapters' tensors of a matrix [out, in], or of a table [V, W]; graphs take none of them.</summary>
    public IEnumerable<ExpectedTensor> Tensors(string name, long[] shape, bool isTable) => isTable
        ? [new(name + ".lora_A", [Adapters, shape[0], Rank], TensorRole.Unused), new(name + ".lora_B", [Adapters, Rank, shape[1]], TensorRole.Unused)]
        : [new(name + ".lora_A", [Adapters, Rank, shape[1]], TensorRole.Unused), new(name + ".lora_B", [Adapters, shape[0], Rank], TensorRole.Unused)];

    /// <summary>The tensors with the adapter in the named ones. Nothing is computed before an entry is read.</summary>
    public ModelTensors Add(ModelTensors tensors, IEnumerable<(string Name, bool IsTable)> adapted)
    {
        var all = tensors.Tensors.ToDictionary();
        foreach (var (name, isTable) in adapted)
        {
            var (a, b) = (tensors[name + ".lora_A"], tensors[name + ".lora_B"]);
            all[name] = Add(tensors[name], isTable ? a : b, isTable ? b : a);
        }
        return tensors with { Tensors = all };
    }

    /// <summary>W [R, C], left [n, R, r], right [n, r, C].</summary>
    private ModelTensor Add(ModelTensor w, ModelTensor left, ModelTensor right)
    {
        var (rows, columns) = (w.Shape[0], (int)w.Shape[1]);
        var bytes = (long)columns * sizeof(float);
        var factors = new Lazy<float[]>(() =>
        {
            var r = new float[Rank * columns];
            right.Parts[0].ToFloat32((long)Adapter * r.Length, r);
            return r;
        });
        ReadOnlyMemory<byte> Read(long at, int length)
        {
            var (first, last) = (at / bytes, (at + length + bytes - 1) / bytes);
            var sums = new float[(last - first) * columns];
            InParallel.For((int)((last - first + Rows - 1) / Rows), block =>
            {
                for (var i = block * (long)Rows; i < Math.Min((block + 1) * (long)Rows, last - first); i++) AddRow(w.Parts[0], left.Parts[0], rows, first + i, factors.Value, sums.AsSpan((int)(i * columns), columns));
            });
            return MemoryMarshal.AsBytes(sums.AsSpan()).Slice((int)(at - (first * bytes)), length).ToArray();
        }
        return w with { Parts = [new TensorEntry(w.Name, TensorType.Float32, w.Shape) { ByteLength = rows * bytes, Read = () => Read(0, checked((int)(rows * bytes))), ReadPart = Read }] };
    }

    private void AddRow(TensorEntry w, TensorEntry left, long rows, long row, float[] right, Span<float> sums)
    {
        Span<float> l = stackalloc float[Math.Min(Rank, 256)];
        if (Rank > l.Length) l = new float[Rank];
        left.ToFloat32(((Adapter * rows) + row) * Rank, l);
        w.ToFloat32(row * sums.Length, sums);
        for (var c = 0; c < sums.Length; c++)
        {
            var product = 0.0;
            for (var r = 0; r < l.Length; r++) product += (double)l[r] * right[(r * sums.Length) + c];
            sums[c] = (float)(sums[c] + (product * Alpha / Rank));
        }
    }
}
