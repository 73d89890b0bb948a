using NClip.Architectures;
using NClip.Towers;
using static TorchSharp.torch;

namespace NClip.Training.Operators;

/// <summary>A model's two towers on torch tensors: the library's own pages, run with gradients.</summary>
/// <param name="Spec">What the model is.</param>
/// <param name="Weights">Its tensors by canonical name.</param>
internal sealed record TorchModel(ClipSpec Spec, ParameterStore Weights) : IDisposable
{
    /// <summary>The tensors of a checkpoint as parameters; running statistics are none.</summary>
    /// <param name="spec">What the model is.</param>
    /// <param name="tensors">The checkpoint under canonical names.</param>
    /// <param name="type">float32, or float64 for comparisons.</param>
    public static TorchModel Of(ClipSpec spec, ModelTensors tensors, ScalarType type = ScalarType.Float32)
    {
        var weights = new ParameterStore();
        tensors = spec.Text.Derive(tensors);
        foreach (var t in spec.Tensors().Where(t => t.Role != TensorRole.Unused && tensors.Has(t.Name)))
        {
            using var scope = NewDisposeScope();
            weights.Add(t.Name, tensor(tensors[t.Name].ToFloat32()).reshape(t.Shape).to_type(type), IsTrained(t.Name));
        }
        return new TorchModel(spec, weights);
    }

    /// <summary>Whether a tensor is a parameter; running statistics move without a gradient.</summary>
    public static bool IsTrained(string name) => !name.EndsWith(".running_mean", StringComparison.Ordinal) && !name.EndsWith(".running_var", StringComparison.Ordinal);

    /// <summary>Factor of the cosines in a logit: exp(logit_scale), or 1 / temperature.</summary>
    public Tensor LogitScale => Weights.Has("temperature") ? Weights["temperature"].reciprocal() : Weights["logit_scale"].exp();

    /// <summary>Keeps the factor within 1..100, as CLIP does.</summary>
    public void ClampLogitScale()
    {
        using var _ = no_grad();
        if (Weights.Has("temperature")) Weights["temperature"].WithinInPlace(0.01, 1);
        else Weights["logit_scale"].WithinInPlace(0, Math.Log(100));
    }

    /// <summary>Features [N, D], not normalised, of pixels [N, 3, H, W].</summary>
    public Tensor EncodeImages(Tensor pixels, TrainingMode? mode = null)
    {
        IOperators<Tensor> ops = new TorchOperators(Weights, mode);
        return Spec.Image.Build(ops, ops.Weights["visual"], pixels);
    }

    /// <summary>Features [N, D], not normalised, of values in the order of the image tower's inputs: patches, mask and shapes where it takes them.</summary>
    public Tensor EncodeImages(IReadOnlyList<Tensor> inputs, TrainingMode? mode = null)
    {
        IOperators<Tensor> ops = new TorchOperators(Weights, mode);
        return Spec.Image.Build(ops, ops.Weights["visual"], inputs);
    }

    /// <summary>Features [N, D], not normalised, of token ids [N, L].</summary>
    public Tensor EncodeTexts(Tensor ids, TrainingMode? mode = null)
    {
        IOperators<Tensor> ops = new TorchOperators(Weights, mode);
        return Spec.Text.Build(ops, ops.Weights, ids);
    }

    /// <inheritdoc/>
    public void Dispose() => Weights.Dispose();
}
