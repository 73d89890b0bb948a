using System.Diagnostics;
using System.Globalization;
using NClip.Training.Runs;

namespace NClip.Training.Cli;

/// <summary>A run on standard error: one line that changes on a screen, now and then a line elsewhere.</summary>
internal sealed class ProgressReport : IRunObserver
{
    /// <summary>How many steps the rate is the mean of.</summary>
    private const double Smoothing = 0.9;

    private readonly Stopwatch _quiet = Stopwatch.StartNew();
    private readonly bool _screen = !Console.IsErrorRedirected;
    private readonly TimeSpan _pause;
    private readonly int _batch;
    private double _rate;
    private int _first = -1, _width;

    /// <param name="batch">Pairs of a step.</param>
    public ProgressReport(int batch) => (_batch, _pause) = (batch, TimeSpan.FromSeconds(_screen ? 0.2 : 10));

    /// <inheritdoc/>
    public void Note(string text)
    {
        Clear();
        Console.Error.WriteLine($"nclip-train: {text}");
    }

    /// <inheritdoc/>
    public void Warn(string text)
    {
        Clear();
        var (on, off) = _screen ? ("\u001b[1;31m", "\u001b[0m") : ("", "");
        Console.Error.WriteLine($"\n{on}nclip-train: WARNING: {text}{off}\n");
    }

    /// <inheritdoc/>
    public void Step(StepMetrics m, int steps)
    {
        if (_first < 0) _first = m.Step;
        _rate = _first == m.Step ? m.PairsPerSecond : 1 / ((Smoothing / _rate) + ((1 - Smoothing) / m.PairsPerSecond));
        if (_quiet.Elapsed < _pause && m.Step < steps) return;
        _quiet.Restart();
        var left = TimeSpan.FromSeconds((steps - m.Step) * _batch / _rate);
        var line = string.Create(CultureInfo.InvariantCulture, $"step {m.Step}/{steps}  loss {m.Loss:f4}  {_rate:f1} pairs/s  {Left(left)} left  {Environment.WorkingSet >> 20} MB");
        if (!_screen)
        {
            Console.Error.WriteLine(line);
            return;
        }
        Console.Error.Write("\r" + line.PadRight(_width));
        _width = line.Length;
        if (m.Step == steps) Console.Error.WriteLine();
    }

    /// <inheritdoc/>
    public void Measured(int step, string name, IReadOnlyList<(string Name, double Value)> figures)
    {
        Clear();
        Console.Error.WriteLine(FormattableString.Invariant($"step {step}  {name}: ") + string.Join(", ", figures.Select(f => FormattableString.Invariant($"{f.Name} {f.Value:f4}"))));
    }

    private static string Left(TimeSpan t) => t.TotalHours >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{(int)t.TotalHours} h {t.Minutes:d2} min") : string.Create(CultureInfo.InvariantCulture, $"{t.Minutes}:{t.Seconds:d2}");

    private void Clear()
    {
        if (_screen && _width > 0) Console.Error.Write("\r" + new string(' ', _width) + "\r");
        _width = 0;
    }
}
