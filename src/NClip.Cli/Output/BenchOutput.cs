using System.Globalization;
using NClip.Proof;

namespace NClip.Cli.Output;

/// <summary>Writes measurements as they come: aligned lines for people, a JSON line each for programs.</summary>
internal sealed class BenchOutput(Terminal terminal, bool json)
{
    /// <summary>Columns of the whole table.</summary>
    private const int Full = 62;

    private bool _named;

    private bool IsNarrow => terminal.Width < Full;

    /// <summary>The machine.</summary>
    public void Begin(IReadOnlyDictionary<int, double> peaks)
    {
        if (json) foreach (var (threads, gflops) in peaks) terminal.WriteJson(w => { w.WriteNumber("threads", threads); w.WriteNumber("peak_gflops", Rounded(gflops)); });
        else Line($"Arithmetic peak (float32 multiply-adds): {string.Join(", ", peaks.Select(p => $"{p.Value.ToString("0", CultureInfo.InvariantCulture)} GFLOP/s on {p.Key} thread{(p.Key == 1 ? "" : "s")}"))}");
    }

    /// <summary>A model is ready; the process then held this much memory.</summary>
    public void Loaded(Clip clip, Precision precision, int threads, TimeSpan time, long memory)
    {
        if (json)
        {
            terminal.WriteJson(w =>
            {
                Setting(w, precision, threads);
                w.WriteNumber("load_ms", Rounded(time.TotalMilliseconds));
                w.WriteNumber("process_bytes", memory);
            });
            return;
        }
        if (!_named) Line($"{clip.Weights.File}: {clip.Spec.ImageTower}; {clip.Spec.TextTower}");
        if (!_named) Line($"texts have {TowerSpeed.TextTokens} tokens; every number is the median of its runs");
        _named = true;
        Line($"");
        Line($"{Word(precision)}, {threads} thread{(threads == 1 ? "" : "s")}: loaded in {time.TotalMilliseconds:0} ms, the process then has {memory / 1e6:0} MB");
        if (IsNarrow) Line($"  {"batch",5} {"images/s",9} {"of peak",8} {"texts/s",9}");
        else Line($"  {"batch",6} {"images/s",10} {"ms/image",10} {"GFLOP/s",9} {"of peak",8} {"texts/s",10}");
    }

    /// <summary>A batch size was measured.</summary>
    public void Measured(Precision precision, int threads, int batch, TowerSpeed speed, double peak)
    {
        if (json)
        {
            terminal.WriteJson(w =>
            {
                Setting(w, precision, threads);
                w.WriteNumber("batch", batch);
                w.WriteNumber("images_per_second", Rounded(speed.Images));
                w.WriteNumber("texts_per_second", Rounded(speed.Texts));
                if (speed.ImageGflops is { } g) { w.WriteNumber("gflops", Rounded(g)); w.WriteNumber("of_peak", Math.Round(g / peak, 3)); }
            });
            return;
        }
        var (gflops, share) = speed.ImageGflops is { } f ? (f.ToString("0", CultureInfo.InvariantCulture), Bar.Percent((float)(f / peak))) : ("-", "-");
        if (IsNarrow) Line($"  {batch,5} {speed.Images,9:0.0} {share,8} {speed.Texts,9:0.0}");
        else Line($"  {batch,6} {speed.Images,10:0.0} {1000 / speed.Images,10:0.00} {gflops,9} {share,8} {speed.Texts,10:0.0}");
    }

    /// <summary>All is written.</summary>
    public void End() => terminal.Out.Flush();

    private static void Setting(System.Text.Json.Utf8JsonWriter w, Precision precision, int threads)
    {
        w.WriteString("precision", Word(precision));
        w.WriteNumber("threads", threads);
    }

    private void Line(FormattableString text)
    {
        terminal.Out.WriteLine(text.ToString(CultureInfo.InvariantCulture));
        terminal.Out.Flush();
    }

    private static string Word(Precision p) => p == Precision.Int8 ? "int8" : "fp32";

    private static double Rounded(double x) => Math.Round(x, 2);
}
