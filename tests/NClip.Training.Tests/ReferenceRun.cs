using System.Text.Json;
using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Tests;
using NClip.Tests.Inference;
using NClip.Training.Models;
using NClip.Training.Operators;
using NClip.Training.Steps;
using static TorchSharp.torch;

namespace NClip.Training.Tests;

/// <summary>A tiny model of reference/train with the batches that its runs see.</summary>
internal sealed class ReferenceRun : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly StateDict _state;
    private readonly JsonDocument _json;

    /// <param name="folder">a_openai_vit, b_openai_resnet or e1_siglip_gelu.</param>
    /// <param name="type">float64 or float32.</param>
    /// <param name="file">Of tests/reference.</param>
    public ReferenceRun(string folder, ScalarType type, string file)
    {
        Folder = folder;
        var weights = folder switch { "a_openai_vit" => "model_f32.safetensors", "e1_siglip_gelu" => "open_clip_model.safetensors", _ => "" };
        var path = weights.Length == 0 ? FormulaCase.Write(folder, _temporary) : Reference.Path($"model_tiny/{folder}/{weights}");
        _state = StateDict.Open(path);
        var tensors = NamingMap.Apply(_state);
        Model = TorchModel.Of(SpecReader.Read(tensors, path, null), tensors, type);
        Stored = StoredTensors.Of(tensors, Model.Spec);
        _json = JsonDocument.Parse(File.ReadAllBytes(Reference.Path(file)));
    }

    public string Folder { get; }

    public TorchModel Model { get; }

    public IReadOnlyList<StoredTensor> Stored { get; }

    /// <summary>What the reference says.</summary>
    public JsonElement Json => _json.RootElement;

    private ScalarType Type => Model.Weights["logit_scale"].dtype;

    /// <summary>The batch of a step by the rule of the README.</summary>
    public PairBatch Batch(int step)
    {
        const int N = 8;
        var (spec, hash) = (Model.Spec, FormulaWeights.Hash($"train.{Folder}.images.{step}"));
        var pixels = new double[N * 3 * spec.Image.Height * spec.Image.Width];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = 2 * FormulaWeights.Uniform(hash, (ulong)i);
        return new PairBatch(tensor(pixels).reshape(N, 3, spec.Image.Height, spec.Image.Width).to_type(Type), Tokens(N, step), [.. Enumerable.Range(0, N).Select(i => $"{i}")]);
    }

    /// <summary>Compares norms and probes of tensors with what the reference has of them.</summary>
    /// <param name="expected">Name to l2 and probe.</param>
    /// <param name="value">The tensor, or gradient, of a canonical name.</param>
    /// <param name="tolerance">Relative to the norm where that is above 1.</param>
    /// <returns>The sum of the squares of all norms.</returns>
    public double Compare(JsonElement expected, Func<string, Tensor> value, double tolerance)
    {
        var squares = 0.0;
        foreach (var want in expected.EnumerateObject())
        {
            var stored = Stored.Single(s => s.Name == want.Name);
            var flat = stored.Of(value(stored.Canonical)).to_type(ScalarType.Float64).flatten();
            var (l2, probe) = (flat.norm().item<double>(), (flat * tensor(Probe(want.Name, flat.shape[0]))).sum().item<double>());
            Near(want.Name + " l2", want.Value.GetProperty("l2").GetDouble(), l2);
            Near(want.Name + " probe", want.Value.GetProperty("probe").GetDouble(), probe);
            squares += l2 * l2;
            void Near(string what, double e, double a) => Xunit.Assert.True(Math.Abs(e - a) <= tolerance * Math.Max(1, l2), $"{Folder}: {what} is {a:R}, {e:R} was expected");
        }
        return squares;
    }

    public void Dispose()
    {
        Model.Dispose();
        _state.Dispose();
        _json.Dispose();
        _temporary.Dispose();
    }

    /// <summary>The README's rule for token rows, with the ids of the tiny models.</summary>
    private Tensor Tokens(int n, int step)
    {
        var (context, vocabulary) = (Model.Spec.Text.Context, Model.Spec.Text.Vocabulary);
        var siglip = Model.Spec.Logits == LogitKind.Sigmoid;
        long? start = siglip ? null : vocabulary - 2;
        var (end, pad, low, high) = siglip ? (1L, 1L, 2L, (long)vocabulary) : (vocabulary - 1L, 0L, 1L, vocabulary - 2L);
        var hash = FormulaWeights.Hash($"train.{Folder}.tokens.{step}");
        var ids = Enumerable.Repeat(pad, n * context).ToArray();
        for (var r = 0; r < n; r++)
        {
            var at = r * context;
            if (start is { } s) ids[at++] = s;
            var length = Math.Max(1, (r + 1) * (context - 2) / n);
            for (var j = 0; j < length; j++) ids[at++] = low + (long)(FormulaWeights.Raw(hash, (ulong)((r * context) + j)) % (ulong)(high - low));
            ids[at] = end;
        }
        return tensor(ids).reshape(n, context);
    }

    private static double[] Probe(string name, long count)
    {
        var hash = FormulaWeights.Hash("probe." + name);
        return [.. Enumerable.Range(0, (int)count).Select(i => (double)FormulaWeights.Uniform(hash, (ulong)i))];
    }
}
