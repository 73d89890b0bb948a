namespace NClip.Training.Distributed;

/// <summary>Where a process runs. Processes of one host that the system lets on the same processors have to share them.</summary>
/// <param name="Host">Its name.</param>
/// <param name="Processors">Those it may use, as the system lists them; empty where it does not.</param>
internal sealed record Seat(string Host, string Processors)
{
    private const string Key = "Cpus_allowed_list:", Status = "/proc/self/status";

    /// <summary>That of this process.</summary>
    public static Seat Own() => new(Environment.MachineName, File.Exists(Status) ? File.ReadLines(Status).FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal))?[Key.Length..].Trim() ?? "" : "");
}
