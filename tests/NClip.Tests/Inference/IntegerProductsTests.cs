using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using NClip.Checkpoints;
using NClip.Graphs;
using NClip.Inference;
using NClip.Towers;
using Xunit;

namespace NClip.Tests.Inference;

public sealed class IntegerProductsTests
{
    // With so many inputs sums stay below 2^24, so that float32 holds them exactly.
    private const int Rows = 5, Inputs = 500, Outputs = 37;

    /// <summary>The form that this processor runs, and the one that every processor multiplies exactly.</summary>
    public static TheoryData<TensorType> Forms() => [.. new[] { IntegerProducts.Weights, TensorType.UInt8 }.Distinct()];

    [Theory, MemberData(nameof(Forms))]
    public void A_product_is_exactly_what_integer_arithmetic_gives(TensorType form)
    {
        var random = new Random(1);
        foreach (var extreme in (bool[])[true, false])
        {
            // Activations from 0 to 255 have the step 1; rows whose largest magnitude is 127 have the scale 1.
            int[] x = [.. Enumerable.Range(0, Rows * Inputs).Select(_ => extreme ? 255 : random.Next(256))];
            int[] w = [.. Enumerable.Range(0, Outputs * Inputs).Select(i => extreme ? (i / Inputs % 2 == 0 ? 127 : -127) : random.Next(-127, 128))];
            (x[0], x[1]) = (0, 255);
            for (var o = 0; o < Outputs; o++) w[o * Inputs] = 127;
            var product = Run(form, x, w);
            for (var r = 0; r < Rows; r++)
            {
                for (var o = 0; o < Outputs; o++)
                {
                    var sum = 0;
                    for (var i = 0; i < Inputs; i++) sum += x[(r * Inputs) + i] * w[(o * Inputs) + i];
                    Assert.Equal(sum, product[(r * Outputs) + o]);
                }
            }
        }
    }

    private static float[] Run(TensorType form, int[] x, int[] w)
    {
        float[] floats = [.. w.Select(i => (float)i)];
        var stored = new TensorEntry("w", TensorType.Float32, [Outputs, Inputs]) { ByteLength = floats.Length * sizeof(float), Read = () => MemoryMarshal.AsBytes(floats.AsSpan()).ToArray() };
        var matrix = Int8Weights.Quantise(new ModelTensor("w", stored.Shape, [stored]), form);
        var g = new GraphWriter(new ModelTensors("test", Naming.OpenAI, new Dictionary<string, ModelTensor> { ["w"] = matrix }));
        var input = g.Input("x", OnnxProto.Float, "N", Inputs);
        g.Output(g.Linear(input, ((IOperators<Value>)g).Weights["w"], null), "y", OnnxProto.Float, "N", Outputs);
        using var session = new InferenceSession(g.Finish());
        var y = new float[Rows * Outputs];
        using var from = OrtValue.CreateTensorValueFromMemory(x.Select(i => (float)i).ToArray(), [Rows, Inputs]);
        using var to = OrtValue.CreateTensorValueFromMemory(y, [Rows, Outputs]);
        using var run = new RunOptions();
        session.Run(run, ["x"], [from], ["y"], [to]);
        return y;
    }
}
