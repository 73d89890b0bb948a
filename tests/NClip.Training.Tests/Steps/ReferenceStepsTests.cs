using System.Text.Json;
using NClip.Training.Operators;
using NClip.Training.Optimization;
using NClip.Training.RunFiles;
using NClip.Training.Steps;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Steps;

/// <summary>Twenty steps of the reference's runs: loss, length of the gradient, logit scale and bias, every tensor at the end. (reference/train)</summary>
public sealed class ReferenceStepsTests
{
    /// <summary>float64 against float64; the ResNet's batch statistics of few values and its small epsilon enlarge every rounding.</summary>
    [Theory]
    [InlineData("a_openai_vit", "", 1e-9)]
    [InlineData("a_openai_vit", "_one_batch", 1e-9)]
    [InlineData("b_openai_resnet", "", 1e-5)]
    [InlineData("b_openai_resnet", "_one_batch", 1e-5)]
    [InlineData("e1_siglip_gelu", "", 1e-9)]
    [InlineData("e1_siglip_gelu", "_one_batch", 1e-9)]
    public void Twenty_steps_in_float64_equal_the_reference(string folder, string batches, double tolerance)
    {
        using var run = new ReferenceRun(folder, ScalarType.Float64, $"train/{folder}{batches}.json");
        Go(run, tolerance, tolerance);
        run.Compare(run.Json.GetProperty("final_f64"), name => run.Model.Weights[name].detach(), 10 * tolerance);
    }

    /// <summary>float32 strays as far as the reference's float32 did, times a few.</summary>
    [Theory]
    [InlineData("a_openai_vit", "")]
    [InlineData("a_openai_vit", "_one_batch")]
    [InlineData("b_openai_resnet", "")]
    [InlineData("b_openai_resnet", "_one_batch")]
    [InlineData("e1_siglip_gelu", "")]
    [InlineData("e1_siglip_gelu", "_one_batch")]
    public void Twenty_steps_in_float32_stray_no_farther_than_the_reference_did(string folder, string batches)
    {
        using var run = new ReferenceRun(folder, ScalarType.Float32, $"train/{folder}{batches}.json");
        var strayed = run.Json.GetProperty("max_deviation_f32_vs_f64");
        Go(run, 8 * strayed.GetProperty("loss").GetDouble(), 8 * strayed.GetProperty("grad_norm").GetDouble());
    }

    private static void Go(ReferenceRun run, double lossTolerance, double normTolerance)
    {
        var (json, weights) = (run.Json, run.Model.Weights);
        var betas = json.GetProperty("betas");
        var rate = new LearningRate(RateSchedule.Cosine, json.GetProperty("base_lr").GetDouble(), json.GetProperty("warmup").GetInt32(), json.GetProperty("steps").GetInt32());
        using var optimizer = new AdamW(weights.Where(n => weights[n].requires_grad), json.GetProperty("weight_decay").GetDouble(), beta1: betas[0].GetDouble(), beta2: betas[1].GetDouble(), epsilon: json.GetProperty("eps").GetDouble());
        var step = new ContrastiveStep(run.Model, new PairLoss(new TrainSettings { Loss = run.Folder.StartsWith('e') ? "siglip" : "clip" }, run.Model));
        var same = json.GetProperty("same_batch_every_step").GetBoolean();
        foreach (var (i, want) in json.GetProperty("log_f64").EnumerateArray().Index())
        {
            using var scope = NewDisposeScope();
            var loss = step.Run(run.Batch(same ? 0 : i), _ => StepMode.Both(new TrainingMode()));
            Assert.Equal(want.GetProperty("lr").GetDouble(), rate.At(i), 1e-15);
            var norm = optimizer.Step(rate.At(i), clip: json.GetProperty("grad_clip_norm").GetDouble());
            run.Model.ClampLogitScale();
            Near(i, want, "loss", loss, lossTolerance);
            Near(i, want, "grad_norm", norm, normTolerance);
            Near(i, want, "logit_scale", weights["logit_scale"].to_type(ScalarType.Float64).item<double>(), lossTolerance);
            if (weights.Has("logit_bias")) Near(i, want, "logit_bias", weights["logit_bias"].to_type(ScalarType.Float64).item<double>(), lossTolerance);
        }
    }

    private static void Near(int step, JsonElement want, string what, double actual, double tolerance)
    {
        var expected = want.GetProperty(what).GetDouble();
        Assert.True(Math.Abs(actual - expected) <= tolerance * Math.Max(1, Math.Abs(expected)), $"step {step}: {what} is {actual:R}, {expected:R} was expected");
    }
}
