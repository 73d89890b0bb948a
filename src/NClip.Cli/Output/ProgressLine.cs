using System.Globalization;

namespace NClip.Cli.Output;

/// <summary>One line on standard error that is written over as the work goes on; nothing where standard error is no screen.</summary>
internal sealed class ProgressLine(Terminal terminal, TimeProvider? time = null) : IDisposable
{
    /// <summary>A run shorter than this needs no forecast.</summary>
    private static readonly TimeSpan _long = TimeSpan.FromSeconds(2), _pause = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private long? _began, _shown;
    private int _first;
    private bool _open;

    /// <summary>Shows a text, at most ten times a second.</summary>
    public void Show(Func<string> text)
    {
        if (!terminal.ShowsProgress) return;
        lock (_gate)
        {
            if (_shown is { } s && _time.GetElapsedTime(s) < _pause) return;
            _shown = _time.GetTimestamp();
            _open = true;
            var line = Plain.Text(text());
            terminal.Error.Write($"\r\e[2K{(line.Length < terminal.Width ? line : line[..Math.Max(0, terminal.Width - 1)])}"); // a line that wraps cannot be taken away
        }
    }

    /// <summary>Shows how many are done, of how many where that is known; after two seconds how many a second, and how long the rest will take.</summary>
    public void Count(int done, int? total, string noun)
    {
        if (_began is null) (_began, _first) = (_time.GetTimestamp(), done); // what an earlier run did says nothing of the speed of this one
        Show(() => $"{done}{(total is { } n ? $" of {n}" : "")} {noun}{Forecast(done, total)}");
    }

    private string Forecast(int done, int? total)
    {
        var elapsed = _time.GetElapsedTime(_began!.Value);
        if (elapsed < _long || done <= _first) return "";
        var rate = (done - _first) / elapsed.TotalSeconds;
        return string.Create(CultureInfo.InvariantCulture, $"  {rate:0.#}/s{(total is { } n && n > done ? $"  {Spoken(TimeSpan.FromSeconds((n - done) / rate))} left" : "")}");
    }

    private static string Spoken(TimeSpan t)
        => t.TotalSeconds < 60 ? $"{Math.Ceiling(t.TotalSeconds):0} s"
        : t.TotalMinutes < 60 ? $"{(int)t.TotalMinutes} min {t.Seconds} s"
        : $"{(int)t.TotalHours} h {t.Minutes} min";

    /// <summary>Takes the line away.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            if (_open) terminal.Error.Write("\r\e[2K");
            _open = false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();
}
