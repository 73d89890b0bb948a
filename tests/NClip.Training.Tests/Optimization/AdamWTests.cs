using NClip.Checkpoints;
using NClip.Training.Data;
using NClip.Training.Operators;
using NClip.Training.Optimization;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Optimization;

public class AdamWTests
{
    private static ParameterStore Store()
    {
        var store = new ParameterStore();
        store.Add("weight", randn([4, 3], generator: new Generator(1)));
        store.Add("bias", zeros(4));
        return store;
    }

    private static void Train(ParameterStore store, AdamW optimizer, int from, int to)
    {
        for (var step = from; step < to; step++)
        {
            var x = randn([8, 3], generator: new Generator((ulong)step + 100));
            nn.functional.mse_loss(nn.functional.linear(x, store["weight"], store["bias"]), x.sum(1, keepdim: true)).backward();
            optimizer.Step(0.01, clip: 1);
        }
    }

    [Fact]
    public void A_resumed_run_equals_an_uninterrupted_one()
    {
        using var whole = Store();
        using var wholeOptimizer = new AdamW(whole.Where(_ => true), decay: 0.1);
        Train(whole, wholeOptimizer, 0, 20);

        using var first = Store();
        using var firstOptimizer = new AdamW(first.Where(_ => true), decay: 0.1);
        Train(first, firstOptimizer, 0, 9);
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            SafetensorsFile.Write(path, first.Where(_ => true).Concat(firstOptimizer.State()));
            using var second = Store();
            using var secondOptimizer = new AdamW(second.Where(_ => true), decay: 0.1);
            using (var file = StateDict.Open(path))
            {
                second.CopyFrom(file);
                secondOptimizer.Restore(firstOptimizer.Steps, file.Torch);
            }
            Train(second, secondOptimizer, 9, 20);
            foreach (var name in whole.Names) Assert.Equal(whole[name].data<float>().ToArray(), second[name].data<float>().ToArray());
        }
        finally { File.Delete(path); }
    }

    [Fact]
    public void One_step_is_the_formula()
    {
        using var store = new ParameterStore();
        store.Add("w", tensor(new float[] { 1, 2 }).reshape(1, 2));
        using var optimizer = new AdamW(store.Where(_ => true), decay: 0.5, beta1: 0.9, beta2: 0.99, epsilon: 0);
        (store["w"] * tensor(new float[] { 3, -4 })).sum().backward();
        Assert.Equal(5, optimizer.Step(0.1), 5);
        // The first step is rate * sign(gradient) after a decay of rate * 0.5.
        Assert.Equal([(1 * 0.95f) - 0.1f, (2 * 0.95f) + 0.1f], store["w"].data<float>().ToArray(), (a, b) => Math.Abs(a - b) < 1e-6);
    }
}
