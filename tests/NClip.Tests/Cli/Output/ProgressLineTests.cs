using NClip.Cli;
using NClip.Cli.Output;
using Xunit;

namespace NClip.Tests.Cli.Output;

public sealed class ProgressLineTests
{
    private sealed class Clock : TimeProvider
    {
        public double Seconds { get; set; }
        public override long TimestampFrequency => 1000;
        public override long GetTimestamp() => (long)(Seconds * 1000);
    }

    private static string Said(bool isScreen, int columns, params (double Seconds, int Done)[] steps)
    {
        using var error = new StringWriter();
        var clock = new Clock();
        using var progress = new ProgressLine(new Terminal(TextWriter.Null, error, errorIsScreen: isScreen) { Columns = columns }, clock);
        foreach (var (seconds, done) in steps)
        {
            clock.Seconds = seconds;
            progress.Count(done, 1000, "pictures");
        }
        return error.ToString().Split("\e[2K")[^1];
    }

    [Fact]
    public void A_short_run_counts_and_a_long_one_says_its_rate_and_what_is_left()
    {
        Assert.Equal("16 of 1000 pictures", Said(true, 80, (0, 0), (1, 16)));
        Assert.Equal("100 of 1000 pictures  10/s  1 min 30 s left", Said(true, 80, (0, 0), (10, 100)));
        Assert.Equal("990 of 1000 pictures  99/s  1 s left", Said(true, 80, (0, 0), (10, 990)));
    }

    [Fact]
    public void What_an_earlier_run_did_does_not_count_as_speed() => Assert.Equal("520 of 1000 pictures  2/s  4 min 0 s left", Said(true, 80, (0, 500), (10, 520)));

    [Fact]
    public void A_line_fits_the_screen() => Assert.Equal("100 of 1000 pictures", Said(true, 21, (0, 0), (10, 100)));

    [Fact]
    public void A_file_gets_no_progress() => Assert.Equal("", Said(false, 80, (0, 0), (10, 100)));
}
