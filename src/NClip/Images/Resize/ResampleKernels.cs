using System.Runtime.Intrinsics;

namespace NClip.Images.Resize;

/// <summary>The kernels of this machine, fastest first.</summary>
internal static class ResampleKernels
{
    /// <summary>The definition, and what the others use where a row is shorter than their step.</summary>
    public static ScalarKernel Scalar { get; } = new();

    /// <summary>Every kernel that runs here, with its name.</summary>
    public static IReadOnlyList<(string Name, ResampleKernel Kernel)> Supported { get; } = List();

    /// <summary>The fastest, or the one that the switch <c>NClip.Images.ResizeKernel</c> (runtimeconfig, AppContext) names.</summary>
    public static ResampleKernel Best { get; } = Choose();

    private static List<(string, ResampleKernel)> List()
    {
        var r = new List<(string, ResampleKernel)>();
        if (Avx2Kernel.IsSupported) r.Add(("avx2", new Avx2Kernel()));
        if (Vector128.IsHardwareAccelerated) r.Add(("vector128", new Vector128Kernel()));
        r.Add(("scalar", Scalar));
        return r;
    }

    private static ResampleKernel Choose()
    {
        var wanted = AppContext.GetData("NClip.Images.ResizeKernel") as string;
        foreach (var (name, kernel) in Supported)
            if (name == wanted) return kernel;
        return Supported[0].Kernel;
    }
}
