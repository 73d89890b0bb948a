using Xunit;

namespace NClip.Evaluation.Tests;

/// <summary>The linear probe against the optimum of scikit-learn's objective (reference/fewshot/adapters).</summary>
public sealed class ProbeTests : IDisposable
{
    private readonly Golden _golden = new("fewshot/adapters.safetensors");

    public void Dispose() => _golden.Dispose();

    [Theory, InlineData("0.01"), InlineData("0.316"), InlineData("1.0"), InlineData("10.0"), InlineData("316.0")]
    public void Weights_are_the_optimum(string c)
    {
        var fit = LinearProbe.Fit(_golden.Labeled("probe.train", "probe.train_labels"), double.Parse(c, System.Globalization.CultureInfo.InvariantCulture), new ProbeOptions(Tolerance: 1e-10, Normalize: false));
        var size = Math.Max(1, _golden.Doubles($"probe.C{c}.weight").Max(Math.Abs));
        Assert.Equal(1, fit.Objective / _golden.One($"probe.C{c}.objective"), 8);
        _golden.AssertNear($"probe.C{c}.weight", fit.Head.Weight, 2e-5 * size);
        _golden.AssertNear($"probe.C{c}.bias_centered", fit.Head.Bias.Select(b => (double)b), 2e-5 * size);
        var test = _golden.Labeled("probe.test", "probe.test_labels");
        Assert.Equal(_golden.One($"probe.C{c}.test_accuracy"), fit.Head.Accuracy(test), 12);
    }

    [Fact]
    public void The_search_for_C_is_CLIP_s()
    {
        var search = LinearProbe.Search(_golden.Labeled("probe.train", "probe.train_labels"), _golden.Labeled("probe.val", "probe.val_labels"), new ProbeOptions(Normalize: false));
        Assert.Equal(_golden.Doubles("probe.sweep.best_after_round")[^1], Math.Log10(search.C), 6);
        _golden.AssertNear("probe.sweep.log10C", search.Trials.Select(t => Math.Log10(t.C)), 1e-6);
        _golden.AssertNear("probe.sweep.val_accuracy", search.Trials.Select(t => t.Accuracy), 1e-12);
    }

    [Fact]
    public void Single_and_double_find_the_same_probe()
    {
        // The first has few enough products for double, the second more than enough.
        var (small, large) = (Clouds(400, 64, 7), Clouds(9000, 600, 11));
        var fit = LinearProbe.Fit(large, 1);
        Assert.True(LinearProbe.Fit(small, 1).Head.Accuracy(small) > 0.9);
        Assert.True(fit.Head.Accuracy(large) > 0.9);
        var gradient = new double[(600 + 1) * 11];
        var at = fit.Head.Weight.ToArray().Concat(fit.Head.Bias).Select(v => (double)v).ToArray();
        new SoftmaxRegression<double>(PaddedRows<double>.Of(large.Features.Normalized()), large.Labels, 11).Evaluate(at, gradient);
        for (var i = 0; i < 600 * 11; i++) gradient[i] += at[i];
        Assert.True(gradient.Max(Math.Abs) < 0.05, $"largest component of the gradient, a sum over 9,000 samples: {gradient.Max(Math.Abs)}");
    }

    [Theory, InlineData(1, 1, 2), InlineData(5, 7, 3), InlineData(300, 33, 5), InlineData(1000, 64, 40)]
    public void Loss_and_gradient_are_the_sums(int n, int d, int classes)
    {
        var data = Clouds(n, d, classes);
        var random = new Random(3);
        var at = Enumerable.Range(0, (d + 1) * classes).Select(_ => random.NextDouble() - 0.5).ToArray();
        var (gradient, want, loss) = (new double[at.Length], new double[at.Length], 0.0);
        for (var i = 0; i < n; i++)
        {
            var row = Enumerable.Range(0, classes).Select(c => at[(d * classes) + c] + Enumerable.Range(0, d).Sum(j => at[(c * d) + j] * data.Features[i, j])).ToArray();
            loss += Entropy.Residual(row, data.Labels[i]);
            for (var c = 0; c < classes; c++)
            {
                want[(d * classes) + c] += row[c];
                for (var j = 0; j < d; j++) want[(c * d) + j] += row[c] * data.Features[i, j];
            }
        }
        Assert.Equal(loss, new SoftmaxRegression<double>(PaddedRows<double>.Of(data.Features), data.Labels, classes).Evaluate(at, gradient), 8);
        Assert.True(want.Zip(gradient, (w, g) => Math.Abs(w - g)).Max() < 1e-9);
        Assert.Equal(loss, new SoftmaxRegression<float>(PaddedRows<float>.Of(data.Features), data.Labels, classes).Evaluate(at, gradient), loss * 1e-5);
        Assert.True(want.Zip(gradient, (w, g) => Math.Abs(w - g)).Max() < 1e-3);
    }

    [Fact]
    public void A_split_keeps_a_fifth_of_each_class_and_is_the_seed_s()
    {
        var all = Clouds(60, 4, 3);
        var (train, validation) = LinearProbe.Split(all, 5);
        Assert.Equal((48, 12), (train.Count, validation.Count));
        Assert.Equal(validation.Features.ToArray(), LinearProbe.Split(all, 5).Validation.Features.ToArray());
        Assert.NotEqual(validation.Features.ToArray(), LinearProbe.Split(all, 6).Validation.Features.ToArray());
        Assert.All(Enumerable.Range(0, 3), c => Assert.Equal(4, validation.Labels.Count(l => l == c)));
    }

    [Fact]
    public void A_C_of_0_and_one_class_are_refused()
    {
        Assert.Contains("C is 0", Assert.Throws<EvaluationException>(() => LinearProbe.Fit(Clouds(10, 4, 2), 0)).Message);
        Assert.Contains("have one class", Assert.Throws<EvaluationException>(() => LinearProbe.Fit(Clouds(10, 4, 1), 1)).Message);
    }

    /// <summary>Unit vectors around a centre for each class.</summary>
    internal static LabeledFeatures Clouds(int n, int d, int classes, double noise = 0.5)
    {
        var random = new Random(n + d);
        var centres = Enumerable.Range(0, classes * d).Select(_ => random.NextDouble() - 0.5).ToArray();
        var values = new float[n * d];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < d; j++) values[(i * d) + j] = (float)(centres[(i % classes * d) + j] + (noise * (random.NextDouble() - 0.5)));
        return new LabeledFeatures(new Matrix(n, d, values).Normalized(), [.. Enumerable.Range(0, n).Select(i => i % classes)], [.. Enumerable.Range(0, classes).Select(c => $"class {c}")]);
    }
}
