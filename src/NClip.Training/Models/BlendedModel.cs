using NClip.Training.Operators;
using NClip.Training.RunFiles;
using static TorchSharp.torch;

namespace NClip.Training.Models;

/// <summary>
/// A model between two others of one architecture: every weight is (1 - alpha) times the first's plus alpha times the second's, computed in float64 and rounded
/// once. Between a model and what fine-tuning made of it lie models that know the new and have not lost the old. (Wortsman et al. 2022, WiSE-FT)
/// </summary>
internal static class BlendedModel
{
    /// <summary>Reads two models and writes the one between them, in the names and with the files of the second.</summary>
    /// <param name="first">Folder or file of the one that alpha = 0 is.</param>
    /// <param name="second">Of the one that alpha = 1 is.</param>
    /// <param name="alpha">0..1; outside, the line through both is followed farther.</param>
    /// <param name="folder">It must not exist.</param>
    /// <exception cref="ClipException">A model cannot be read, they are of unlike architecture, or the folder cannot be written.</exception>
    public static void Write(string first, string second, double alpha, string folder)
    {
        using var a = StartingModel.Open(new ModelSettings { Init = first }, seed: 0);
        using var b = StartingModel.Open(new ModelSettings { Init = second }, seed: 0);
        Check(a.Model, b.Model, second);
        using var blend = Of(a.Model, b.Model, alpha);
        TrainedModelFolder.Write(b, name => blend.Weights[name], folder);
    }

    /// <summary>The model between two.</summary>
    public static TorchModel Of(TorchModel first, TorchModel second, double alpha)
    {
        using var _ = no_grad();
        var weights = new ParameterStore();
        foreach (var (name, value) in first.Weights.Where(second.Weights.Has))
        {
            using var scope = NewDisposeScope();
            weights.Add(name, Between(value, second.Weights[name], alpha), trained: false);
        }
        return first with { Weights = weights };
    }

    private static Tensor Between(Tensor a, Tensor b, double alpha) =>
        a.to_type(ScalarType.Float64).Times(1 - alpha).Plus(b.to_type(ScalarType.Float64).Times(alpha)).to_type(a.dtype);

    private static void Check(TorchModel a, TorchModel b, string path)
    {
        foreach (var name in a.Weights.Names.Union(b.Weights.Names))
        {
            string Shape(TorchModel m) => m.Weights.Has(name) ? $"[{string.Join(", ", m.Weights[name].shape)}]" : "missing";
            if (Shape(a) != Shape(b)) throw new ClipException($"tensor '{name}' is {Shape(b)} here and {Shape(a)} in the first model; only models of one architecture have others between them.", path);
        }
    }
}
