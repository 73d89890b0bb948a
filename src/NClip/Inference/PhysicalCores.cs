namespace NClip.Inference;

/// <summary>
/// Cores for a tower's arithmetic: two threads of one core share its multipliers. ONNX Runtime counts for itself where it is told nothing,
/// and counted one on a virtual machine of two.
/// </summary>
internal static class PhysicalCores
{
    private const string Linux = "/sys/devices/system/cpu";

    /// <summary>Physical cores on Linux, logical ones elsewhere; at most what this process may use (affinity, container limits).</summary>
    public static int Count { get; } = OperatingSystem.IsLinux() ? Of(Linux, Environment.ProcessorCount) : Environment.ProcessorCount;

    /// <summary>Distinct cores that a folder like Linux' own tells of, or <paramref name="most"/> where it tells of none or of more.</summary>
    internal static int Of(string folder, int most)
    {
        var cores = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; ; i++)
        {
            try { cores.Add(File.ReadAllText(Path.Combine(folder, $"cpu{i}", "topology", "thread_siblings_list"))); }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException) { break; }
        }
        return cores.Count == 0 ? most : Math.Min(cores.Count, most);
    }
}
