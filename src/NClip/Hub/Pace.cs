using System.Diagnostics;

namespace NClip.Hub;

/// <summary>Whether bytes arrive fast enough, window after window. Only the time in which the server is waited for counts.</summary>
/// <param name="minimum">Bytes a second; 0 or less: any speed will do.</param>
/// <param name="window">Over which it is taken.</param>
internal sealed class Pace(int minimum, TimeSpan window)
{
    private readonly Stopwatch _waited = new();
    private long _bytes;

    public void Wait() => _waited.Start();

    /// <summary>Bytes a second of a window that was too slow, else null.</summary>
    public double? Arrive(int bytes)
    {
        _waited.Stop();
        _bytes += bytes;
        if (_waited.Elapsed < window) return null;
        var speed = _bytes / _waited.Elapsed.TotalSeconds;
        _bytes = 0;
        _waited.Reset();
        return speed < minimum ? speed : null;
    }
}
