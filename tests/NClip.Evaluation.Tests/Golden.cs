using System.Runtime.InteropServices;
using NClip.Checkpoints;
using NClip.Tests;
using Xunit;

namespace NClip.Evaluation.Tests;

/// <summary>A file of tests/reference: numbers by name.</summary>
internal sealed class Golden(string file) : IDisposable
{
    private readonly StateDict _tensors = StateDict.Open(Reference.Path(file));

    public double[] Doubles(string name) => _tensors.Tensors[name] is { Type: TensorType.Float32 } f ? Array.ConvertAll(f.ToFloat32(), v => (double)v) : MemoryMarshal.Cast<byte, double>(_tensors.Tensors[name].Bytes().Span).ToArray();

    public double One(string name) => Assert.Single(Doubles(name));

    public int[] Integers(string name) => Array.ConvertAll(MemoryMarshal.Cast<byte, long>(_tensors.Tensors[name].Bytes().Span).ToArray(), v => (int)v);

    public byte[] Bytes(string name) => _tensors.Tensors[name].Bytes().ToArray();

    public Matrix Matrix(string name)
    {
        var t = _tensors.Tensors[name];
        return new Matrix((int)t.Shape[0], (int)t.Shape[1], Array.ConvertAll(Doubles(name), v => (float)v));
    }

    public LabeledFeatures Labeled(string features, string labels)
    {
        var y = Integers(labels);
        return new LabeledFeatures(Matrix(features), y, [.. Enumerable.Range(0, y.Max() + 1).Select(c => $"class {c}")]);
    }

    /// <summary>The largest difference of any value is at most <paramref name="tolerance"/>.</summary>
    public void AssertNear(string name, IEnumerable<double> found, double tolerance)
    {
        var (want, got) = (Doubles(name), found.ToArray());
        Assert.Equal(want.Length, got.Length);
        var worst = want.Zip(got, (w, g) => Math.Abs(w - g)).Max();
        Assert.True(worst <= tolerance, $"{name}: off by {worst:g3}, allowed {tolerance:g3}");
    }

    public void AssertNear(string name, Matrix found, double tolerance) => AssertNear(name, found.ToArray().Select(v => (double)v), tolerance);

    public void Dispose() => _tensors.Dispose();
}
