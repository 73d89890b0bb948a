using System.Text.Json;
using NClip.Tests;
using NClip.Training.Optimization;
using Xunit;

namespace NClip.Training.Tests.Optimization;

public sealed class LearningRateTests
{
    [Fact]
    public void Each_schedule_is_open_clip_s_step_by_step()
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Reference.Path("train/lr.json")));
        var runs = json.RootElement.GetProperty("runs").EnumerateArray().ToArray();
        Assert.Equal(4, runs.Length);
        foreach (var run in runs)
        {
            double Number(string name) => run.TryGetProperty(name, out var v) ? v.GetDouble() : 0;
            var schedule = run.GetProperty("kind").GetString() switch { "cosine" => RateSchedule.Cosine, "const" => RateSchedule.Constant, _ => RateSchedule.Cooldown };
            var rate = new LearningRate(schedule, Number("base"), (int)Number("warmup"), (int)Number("total")) { Cooldown = (int)Number("cooldown_steps"), Power = Number("power"), End = Number("end") };
            foreach (var (step, expected) in run.GetProperty("lr").EnumerateArray().Index()) Assert.Equal(expected.GetDouble(), rate.At(step), 1e-15);
        }
    }
}
