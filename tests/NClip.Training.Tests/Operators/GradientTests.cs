using System.Text.Json;
using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Tests;
using NClip.Tests.Inference;
using NClip.Towers;
using NClip.Training.Operators;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Operators;

/// <summary>Gradients of the first training step, in float64, against the reference's. (reference/train)</summary>
public sealed class GradientTests
{
    [Theory]
    [InlineData("a_openai_vit", "model_f32.safetensors")]
    [InlineData("b_openai_resnet", "")]
    [InlineData("e1_siglip_gelu", "open_clip_model.safetensors")]
    public void Loss_and_gradients_of_the_first_step_equal_the_reference(string folder, string weights)
    {
        using var temporary = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var json = JsonDocument.Parse(File.ReadAllBytes(Reference.Path($"train/{folder}.json")));
        using var state = StateDict.Open(weights.Length == 0 ? FormulaCase.Write(folder, temporary) : Reference.Path($"model_tiny/{folder}/{weights}"));
        var tensors = NamingMap.Apply(state);
        using var model = TorchModel.Of(SpecReader.Read(tensors, weights.Length == 0 ? temporary["model.safetensors"] : Reference.Path($"model_tiny/{folder}/{weights}"), null), tensors, ScalarType.Float64);

        var loss = Loss(model, json.RootElement.GetProperty("batch").GetInt32(), folder);
        loss.backward();

        var first = json.RootElement.GetProperty("log_f64")[0];
        Assert.Equal(first.GetProperty("loss").GetDouble(), loss.item<double>(), 1e-9);
        var (squares, seen) = (0.0, 0);
        foreach (var want in json.RootElement.GetProperty("first_gradient_f64").EnumerateObject())
        {
            var gradient = Gradient(model, tensors, want.Name);
            var flat = gradient.flatten();
            var probe = (flat * tensor(Probe(want.Name, flat.shape[0]))).sum().item<double>();
            var l2 = flat.norm().item<double>();
            var expected = want.Value;
            Assert.True(Math.Abs(l2 - expected.GetProperty("l2").GetDouble()) < 1e-7 * Math.Max(1, l2), $"{want.Name}: norm {l2:R}, expected {expected.GetProperty("l2").GetDouble():R}");
            Assert.True(Math.Abs(probe - expected.GetProperty("probe").GetDouble()) < 1e-7 * Math.Max(1, l2), $"{want.Name}: probe {probe:R}, expected {expected.GetProperty("probe").GetDouble():R}");
            squares += l2 * l2;
            seen++;
        }
        Assert.Equal(tensors.Tensors.Values.Where(t => model.Weights[t.Name].requires_grad).Sum(t => t.Parts.Count), seen);
        Assert.Equal(first.GetProperty("grad_norm").GetDouble(), Math.Sqrt(squares), 1e-6);
    }

    /// <summary>InfoNCE, or SigLIP's loss, of the reference's first batch, in training mode.</summary>
    private static Tensor Loss(TorchModel model, int batch, string folder)
    {
        var spec = model.Spec;
        var (pixels, hash) = (new double[batch * 3 * spec.Image.Height * spec.Image.Width], FormulaWeights.Hash($"train.{folder}.images.0"));
        for (var i = 0; i < pixels.Length; i++) pixels[i] = 2 * FormulaWeights.Uniform(hash, (ulong)i);
        var images = nn.functional.normalize(model.EncodeImages(tensor(pixels).reshape(batch, 3, spec.Image.Height, spec.Image.Width), new TrainingMode()), dim: 1);
        var texts = nn.functional.normalize(model.EncodeTexts(Tokens(folder, batch, spec), new TrainingMode()), dim: 1);
        var logits = model.Weights["logit_scale"].exp() * images.matmul(texts.t());
        var own = arange(batch, int64);
        if (spec.Logits == LogitKind.Softmax) return (nn.functional.cross_entropy(logits, own) + nn.functional.cross_entropy(logits.t(), own)) / 2;
        var sign = (2 * eye(batch, dtype: ScalarType.Float64)) - 1;
        return -nn.functional.logsigmoid(sign * (logits + model.Weights["logit_bias"])).sum() / batch;
    }

    /// <summary>The README's rule for token rows, with the ids of the tiny models.</summary>
    private static Tensor Tokens(string folder, int n, ClipSpec spec)
    {
        var (context, vocabulary) = (spec.Text.Context, spec.Text.Vocabulary);
        var siglip = spec.Logits == LogitKind.Sigmoid;
        long? start = siglip ? null : vocabulary - 2;
        var (end, pad, low, high) = siglip ? (1L, 1L, 2L, (long)vocabulary) : (vocabulary - 1L, 0L, 1L, vocabulary - 2L);
        var hash = FormulaWeights.Hash($"train.{folder}.tokens.0");
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

    /// <summary>The gradient of a stored tensor: part of a canonical one, perhaps the other way round.</summary>
    private static Tensor Gradient(TorchModel model, ModelTensors tensors, string stored)
    {
        foreach (var t in tensors.Tensors.Values)
        {
            var from = 0L;
            foreach (var part in t.Parts)
            {
                if (part.Name == stored)
                {
                    var gradient = model.Weights[t.Name].grad ?? throw new InvalidOperationException($"'{t.Name}' has no gradient.");
                    if (t.Parts.Count > 1) gradient = gradient.narrow(0, from, part.Shape[0]);
                    return t.Transposed ? gradient.t() : gradient;
                }
                from += part.Shape.Length > 0 ? part.Shape[0] : 1;
            }
        }
        throw new InvalidOperationException($"no canonical tensor is made of '{stored}'.");
    }
}
