using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace NClip.Training.Operators;

/// <summary>
/// x·Wᵀ + b in float32 by oneDNN's inner product, with its gradients. libtorch gives float32 products to MKL, which uses half of an AMD processor's AVX-512: on a Zen 5 it came to 105 GFLOP/s
/// where oneDNN, which libtorch has for bfloat16 and convolutions, came to 230. TorchSharp has no name for that product, libtorch's C interface has.
/// </summary>
internal sealed class Float32Products : autograd.SingleTensorFunction<Float32Products>
{
    /// <summary>Multiplications below which making oneDNN's layout of the weights costs what the product gains.</summary>
    private const long Least = 1 << 22;

    private static readonly nint _linear = Find();

    /// <inheritdoc/>
    public override string Name => nameof(Float32Products);

    /// <summary>Whether the processor is one on which this is the quicker way, and libtorch has it.</summary>
    public static bool AreQuicker { get; } = Avx512F.IsSupported && ByAmd() && _linear != 0;

    /// <summary>Whether a product is to be computed here: in float32, and large.</summary>
    public static bool Fit(Tensor x, Tensor weight) =>
        AreQuicker && x.dtype == ScalarType.Float32 && weight.dtype == ScalarType.Float32 && x.device_type == TorchSharp.DeviceType.CPU && x.numel() * weight.shape[0] >= Least;

    /// <summary>[..., in] and [out, in] to [..., out].</summary>
    /// <param name="x">The input.</param>
    /// <param name="weight">The matrix.</param>
    /// <param name="bias">Added to every row, or null.</param>
    /// <param name="back">One for all products of a pass.</param>
    public static Tensor Linear(Tensor x, Tensor weight, Tensor? bias, PassGradients back)
    {
        using var scope = NewDisposeScope(); // of the second tensor of the product's size that TorchSharp makes, for a gradient that is missing
        return (bias is null ? apply(x, weight, back) : apply(x, weight, back, bias)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, weight, bias) = ((Tensor)vars[0], (Tensor)vars[1], vars.Length > 3 ? (Tensor)vars[3] : null);
        ctx.save_for_backward([x, weight]);
        ctx.save_data("back", vars[2]);
        ctx.save_data("wanted", (x.requires_grad, weight.requires_grad, bias?.requires_grad));
        ctx.set_materialize_grads(false);
        return Product(x, weight, bias);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var (ofX, ofWeight, ofBias) = ((bool, bool, bool?))ctx.get_data("wanted");
        if (grad_output.IsInvalid) return [null!, null!, null!, .. ofBias is null ? Array.Empty<Tensor>() : [null!]];
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var back = (PassGradients)ctx.get_data("back");
        back.Free();
        var saved = ctx.get_saved_variables();
        var (x, weight) = (saved[0], saved[1]);
        var rows = grad_output.reshape(-1, weight.shape[0]);
        List<Tensor> gradients =
        [
            ofX ? back.Give(Product(rows, weight.t(), null).reshape(x.shape)) : null!,
            ofWeight ? back.Give(Product(rows.t(), x.reshape(-1, weight.shape[1]).t(), null)) : null!,
            null!,
        ];
        if (ofBias is { } wanted) gradients.Add(wanted ? back.Give(rows.sum([0L])) : null!);
        grad_output.Dispose(); // TorchSharp's hold of it, which would last to the end of the step
        return gradients;
    }

    private static unsafe Tensor Product(Tensor x, Tensor weight, Tensor? bias)
    {
        nint added = bias?.Handle ?? 0, result = 0;
        int failed;
        fixed (byte* none = "none\0"u8)
            failed = ((delegate* unmanaged<nint, nint, nint*, byte*, nint, long, nint, nint*, int>)_linear)(x.Handle, weight.Handle, bias is null ? null : &added, none, 0, 0, 0, &result);
        GC.KeepAlive(x);
        GC.KeepAlive(weight);
        GC.KeepAlive(bias);
        return failed == 0 ? Tensor.UnsafeCreateTensor(result)
            : throw new InvalidOperationException($"oneDNN could not multiply [{string.Join(", ", x.shape)}] by [{string.Join(", ", weight.shape)}] transposed.");
    }

    private static nint Find()
    {
        _ = cuda_is_available(); // TorchSharp loads libtorch when it is first asked for something
        return NativeLibrary.TryLoad("torch_cpu", typeof(Float32Products).Assembly, null, out var library) && NativeLibrary.TryGetExport(library, "aoti_torch_cpu__linear_pointwise", out var at) ? at : 0;
    }

    private static bool ByAmd()
    {
        if (!X86Base.IsSupported) return false;
        var (_, ebx, ecx, edx) = X86Base.CpuId(0, 0);
        return (ebx, edx, ecx) == (0x68747541, 0x69746e65, 0x444d4163); // "Auth", "enti", "cAMD"
    }
}
