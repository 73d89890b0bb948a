using NClip.Architectures;
using NClip.Data;
using NClip.Towers;
using NClip.Towers.Image;
using NClip.Towers.Image.Convolutional;
using NClip.Towers.Text;
using NClip.Training.Operators;
using static TorchSharp.torch;

namespace NClip.Training.Models;

/// <summary>
/// The values that weights have before training: openai/CLIP's initialize_parameters, which open_clip has too, for its own towers; for the others what
/// torch's layers begin with. Each tensor has a generator of its own, so a value depends on the seed and its name alone.
/// </summary>
internal sealed class Initialisation(ClipSpec spec, int seed)
{
    /// <summary>Every tensor of the model, each made when it is asked for.</summary>
    public IEnumerable<(string Name, Func<Tensor> Value)> Weights() => spec.Tensors().Where(t => t.Role != TensorRole.Unused).Select(t => (t.Name, (Func<Tensor>)(() => Value(t))));

    /// <summary>A matrix as torch's linear layers begin: uniform within 1/√in.</summary>
    /// <param name="name">Of the tensor.</param>
    /// <param name="shape">[out, in, ...].</param>
    public Tensor Uniform(string name, params long[] shape) => Within(name, shape, 1 / Math.Sqrt(shape.Skip(1).Aggregate(1L, (a, b) => a * b)));

    private Tensor Value(ExpectedTensor t)
    {
        switch (t.Name)
        {
            case "logit_scale": return tensor(spec.Logits == LogitKind.Sigmoid ? (float)Math.Log(10) : (float)Math.Log(1 / 0.07));
            case "logit_bias": return tensor(-10f);
            case "temperature": return tensor(0.07f);
        }
        return t.Name.StartsWith("visual.", StringComparison.Ordinal) ? Image(t) : Text(t);
    }

    private Tensor Image(ExpectedTensor t) => spec.Image switch
    {
        VisionTransformerSpec v when t.Name is "visual.class_embedding" or "visual.positional_embedding" or "visual.proj" => Normal(t, Math.Pow(t.Name == "visual.proj" ? t.Shape[0] : v.Block.Width, -0.5)),
        VisionTransformerSpec v when t.Name is "visual.attn_pool.query" or "visual.map_pool.latent" => Normal(t, t.Name.EndsWith("latent", StringComparison.Ordinal) ? Math.Pow(v.Block.Width, -0.5) : 1),
        ModifiedResNetSpec r when t.Name.StartsWith("visual.attnpool.", StringComparison.Ordinal) && t.Shape.Length == 2 => Normal(t, Math.Pow(32 * r.Channels, -0.5)),
        ModifiedResNetSpec when t.Name.StartsWith("visual.layer", StringComparison.Ordinal) && t.Name.EndsWith(".bn3.weight", StringComparison.Ordinal) => zeros(t.Shape),
        _ => Layer(t),
    };

    private Tensor Text(ExpectedTensor t)
    {
        if (spec.Text is not TextTransformerSpec s) return Layer(t);
        var width = (double)s.Block.Width;
        double? std = t.Name switch
        {
            "token_embedding.weight" => 0.02,
            "positional_embedding" => 0.01,
            "text_projection" => Math.Pow(width, -0.5),
            _ when Ends(t, ".attn.in_proj_weight") => Math.Pow(width, -0.5),
            _ when Ends(t, ".attn.out_proj.weight") || Ends(t, ".mlp.c_proj.weight") => Math.Pow(width, -0.5) * Math.Pow(2 * s.Layers, -0.5),
            _ when Ends(t, ".mlp.c_fc.weight") => Math.Pow(2 * width, -0.5),
            _ => null,
        };
        return std is { } d ? Normal(t, d) : Layer(t);
    }

    /// <summary>What torch's layers begin with, by the name and the shape.</summary>
    private Tensor Layer(ExpectedTensor t)
    {
        if (Ends(t, ".running_mean") || Ends(t, "in_proj_bias") || Ends(t, "out_proj.bias") || t.Name is "text_projection.bias" or "visual.proj.bias") return zeros(t.Shape);
        if (Ends(t, ".running_var") || Ends(t, "head_scale") || (t.Shape.Length == 1 && Ends(t, ".weight"))) return ones(t.Shape);
        if (Ends(t, ".gamma")) return HeldScalars.Full(t.Shape, LayerScale);
        if (Ends(t, "embeddings.weight") || Ends(t, "embedding.weight") || Ends(t, "positional_embedding")) return Normal(t, 0.02);
        if (Ends(t, "in_proj_weight")) return Within(t.Name, t.Shape, Math.Sqrt(6.0 / (t.Shape[0] + t.Shape[1]))); // Glorot's, over query, key and value together
        if (Ends(t, ".bias")) return FanOf(t.Name) is { } fan ? Within(t.Name, t.Shape, 1 / Math.Sqrt(fan)) : zeros(t.Shape);
        return t.Shape.Length > 1 ? Uniform(t.Name, t.Shape) : Normal(t, 0.02);
    }

    /// <summary>open_clip's ls_init_value of the towers that have it.</summary>
    private const double LayerScale = 0.1;

    /// <summary>Inputs of the layer that a bias belongs to, or null where that layer is a norm.</summary>
    private long? FanOf(string bias)
    {
        var weight = bias[..^"bias".Length] + "weight";
        _shapes ??= spec.Tensors().ToDictionary(t => t.Name, t => t.Shape);
        return _shapes.TryGetValue(weight, out var shape) && shape.Length > 1 ? shape.Skip(1).Aggregate(1L, (a, b) => a * b) : null;
    }

    private Dictionary<string, long[]>? _shapes;

    private Tensor Normal(ExpectedTensor t, double std)
    {
        using var random = Of(t.Name); // held while native code draws
        return randn(t.Shape, generator: random).Times(std);
    }

    private Tensor Within(string name, long[] shape, double most)
    {
        using var random = Of(name);
        return rand(shape, generator: random).Times(2 * most).Minus(most);
    }

    private Generator Of(string name) => new(SampleRandom.Of((ulong)seed, "weights", name).Next());

    private static bool Ends(ExpectedTensor t, string end) => t.Name.EndsWith(end, StringComparison.Ordinal);
}
