using NClip.Checkpoints;
using NClip.Towers;

namespace NClip.Architectures;

/// <summary>One branch of a layer, as what it adds to the layer's convolution: scale·norm(kernel∗x + bias), each part only where there is one.</summary>
/// <param name="Kernel">[out, in of a group, rows, columns]; null where the branch is the input itself.</param>
internal sealed record BranchTerm(ModelTensor? Kernel)
{
    /// <summary>Behind the kernel.</summary>
    public BranchNorm? Norm { get; init; }

    /// <summary>Of the kernel, where there is no norm.</summary>
    public ModelTensor? Bias { get; init; }

    /// <summary>A factor for each channel.</summary>
    public ModelTensor? Scale { get; init; }

    /// <summary>The branch is subtracted.</summary>
    public bool Subtracted { get; init; }

    /// <summary>Refuses a kernel that does not lie around the centre of the largest, and vectors that have not a number a channel.</summary>
    public void Check(string file, ModelTensor largest)
    {
        var (a, b) = (Kernel?.Shape ?? [], largest.Shape);
        if (Kernel is not null && !(a.Length == 4 && a[0] == b[0] && a[1] == b[1] && Centred(a[2], b[2]) && Centred(a[3], b[3]))) throw Misfit(Kernel);
        foreach (var vector in new[] { Bias, Scale, Norm?.Weight, Norm?.Bias, Norm?.Mean, Norm?.Variance }.OfType<ModelTensor>())
            if (vector.Count != b[0] || vector.Shape[0] != b[0]) throw Misfit(vector);

        bool Centred(long small, long large) => small <= large && (large - small) % 2 == 0;
        CheckpointException Misfit(ModelTensor t) => new(file, $"tensor {t.StoredName} has shape {ModelTensors.Show(t.Shape)}, which does not fit into its layer's convolution {largest.StoredName} of shape {ModelTensors.Show(b)}. The file is damaged.");
    }

    /// <summary>Adds the branch's kernel around the centre of <paramref name="sum"/> of <paramref name="shape"/>.</summary>
    public void AddWeight(double[] sum, long[] shape)
    {
        var (into, height, width, factors) = (shape[1], shape[2], shape[3], Factors((int)shape[0]));
        if (Kernel is null)
        {
            for (var c = 0L; c < factors.Length; c++) sum[(((((c * into) + (c % into)) * height) + (height / 2)) * width) + (width / 2)] += factors[c];
            return;
        }
        var (values, rows, columns, at) = (Kernel.ToFloat32(), Kernel.Shape[2], Kernel.Shape[3], 0);
        var (top, left) = ((height - rows) / 2, (width - columns) / 2);
        for (var c = 0L; c < factors.Length; c++)
            for (var i = 0L; i < into; i++)
                for (var y = 0L; y < rows; y++)
                    for (var x = 0L; x < columns; x++) sum[(((((c * into) + i) * height) + top + y) * width) + left + x] += factors[c] * values[at++];
    }

    /// <summary>Adds what the branch adds to each channel.</summary>
    public void AddBias(double[] sum)
    {
        var (outer, factors) = (Outer(sum.Length), Factors(sum.Length));
        var (bias, mean) = ((Norm?.Bias ?? Bias)?.ToFloat32(), Norm?.Mean.ToFloat32());
        for (var c = 0; c < sum.Length; c++) sum[c] += (outer[c] * (bias?[c] ?? 0)) - (factors[c] * (mean?[c] ?? 0));
    }

    /// <summary>The scale, with its sign.</summary>
    private double[] Outer(int channels)
    {
        var (scale, sign) = (Scale?.ToFloat32(), Subtracted ? -1 : 1);
        return [.. Enumerable.Range(0, channels).Select(c => sign * (double)(scale?[c] ?? 1))];
    }

    /// <summary>What each channel of the kernel is multiplied by.</summary>
    private double[] Factors(int channels)
    {
        var factors = Outer(channels);
        if (Norm is null) return factors;
        var (weight, variance) = (Norm.Weight.ToFloat32(), Norm.Variance.ToFloat32());
        for (var c = 0; c < channels; c++) factors[c] *= weight[c] / Math.Sqrt(variance[c] + BranchNorm.Epsilon);
        return factors;
    }
}

/// <summary>A batch norm with its running statistics.</summary>
internal sealed record BranchNorm(ModelTensor Weight, ModelTensor Bias, ModelTensor Mean, ModelTensor Variance)
{
    /// <summary>Added to the variance.</summary>
    public const double Epsilon = 1e-5;

    /// <summary>The norm named <paramref name="at"/>.</summary>
    public static BranchNorm Of(ModelTensors t, string at) => new(t[at + ".weight"], t[at + ".bias"], t[at + ".running_mean"], t[at + ".running_var"]);
}
