using System.Runtime.InteropServices;
using System.Text.Json;
using NClip.Checkpoints;
using NClip.Configuration;
using NClip.Towers;
using Xunit;

namespace NClip.Tests.Towers;

public sealed class LoraTests
{
    private static readonly string[] _names = ["first", "second"];

    [Theory, InlineData(true), InlineData(false)]
    public void The_adapter_of_the_task_is_added_whole_or_in_parts(bool isTable)
    {
        const int rows = 130, columns = 6, rank = 2;
        var (w, left, right) = (Numbers(rows * columns, 1), Numbers(2 * rows * rank, 2), Numbers(2 * rank * columns, 3));
        var (a, b) = isTable ? (Tensor("w.lora_A", left, 2, rows, rank), Tensor("w.lora_B", right, 2, rank, columns)) : (Tensor("w.lora_A", right, 2, rank, columns), Tensor("w.lora_B", left, 2, rows, rank));
        var tensors = new ModelTensors("made", Naming.JinaClip, new[] { Tensor("w", w, rows, columns), a, b }.ToDictionary(t => t.Name));
        var lora = Read("""{"lora_adaptations": ["first", "second"], "lora_alpha": 4, "lora_rank": 2}""", "second");
        Assert.Equal(1, lora.Adapter);
        Assert.All(lora.Tensors("w", [rows, columns], isTable), e => Assert.Equal(tensors[e.Name].Shape, e.Shape));

        var sum = lora.Add(tensors, [("w", isTable)])["w"];
        var expected = new float[rows * columns];
        for (var i = 0; i < expected.Length; i++)
        {
            var (r, c) = (i / columns, i % columns);
            var product = Enumerable.Range(0, rank).Sum(k => (double)left[((rows + r) * rank) + k] * right[((rank + k) * columns) + c]);
            expected[i] = (float)(w[i] + (product * 4 / 2));
        }
        Assert.Equal(expected, sum.ToFloat32());
        var part = new float[columns];
        sum.Parts[0].ToFloat32(129 * columns, part);
        Assert.Equal(expected[(129 * columns)..], part);
        Assert.Equal(MemoryMarshal.AsBytes(expected.AsSpan())[10..200].ToArray(), sum.Parts[0].Bytes(10, 190).ToArray());
    }

    [Fact]
    public void A_task_that_no_adapter_is_for_is_refused_with_those_there_are()
    {
        var e = Assert.Throws<CheckpointException>(() => Read("""{"lora_adaptations": ["first", "second"]}""", "third"));
        foreach (var name in _names) Assert.Contains(name, e.Message, StringComparison.Ordinal);
    }

    private static LoraSpec Read(string json, string task)
    {
        using var document = JsonDocument.Parse(json);
        return new LoraSpec(2, 2).With(new ConfigSection("config.json", "", document.RootElement.Clone()), task);
    }

    private static float[] Numbers(int count, int seed) => [.. Enumerable.Range(0, count).Select(i => ((i * 37 * seed) % 101 - 50) / 64f)];

    private static ModelTensor Tensor(string name, float[] values, params long[] shape)
    {
        var bytes = MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
        return new(name, shape, [new TensorEntry(name, TensorType.Float32, shape) { ByteLength = bytes.Length, Read = () => bytes }]);
    }
}
