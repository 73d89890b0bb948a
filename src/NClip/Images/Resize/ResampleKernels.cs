namespace NClip.Images.Resize;

/// <summary>The kernels of this machine, fastest first.</summary>
internal static class ResampleKernels
{
    /// <summary>Every kernel that runs here, with its name.</summary>
    public static IReadOnlyList<(string Name, ResampleKernel Kernel)> Supported { get; } = List();

    /// <summary>The fastest, or the one that the switch <c>NClip.Images.ResizeKernel</c> (runtimeconfig, AppContext) names.</summary>
    public static ResampleKernel Best { get; } = Choose();

    private static List<(string, ResampleKernel)> List()
    {
        var r = new List<(string, ResampleKernel)>();
        r.Add(("scalar", new ScalarKernel()));
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
