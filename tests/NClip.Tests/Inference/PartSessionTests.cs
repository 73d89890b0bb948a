using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using NClip.Checkpoints;
using NClip.Graphs;
using NClip.Inference;
using NClip.Towers;
using Xunit;

namespace NClip.Tests.Inference;

public sealed class PartSessionTests
{
    [Fact]
    public void A_part_may_have_several_inputs_and_outputs_of_any_shape()
    {
        var part = new Lookups();
        float[] table = [1, 2, 3, 4, 5, 6];
        var bytes = MemoryMarshal.AsBytes(table.AsSpan()).ToArray();
        var entry = new TensorEntry("table", TensorType.Float32, [3, 2]) { ByteLength = bytes.Length, Read = () => bytes };
        var tensors = new ModelTensors("made here", Naming.OpenAI, new Dictionary<string, ModelTensor> { ["table"] = new("table", [3, 2], [entry]) });
        using var session = new PartSession(part, _ => PartGraph.Of(part, tensors), new TowerOptions(Threads: 1));

        using var ids = OrtValue.CreateTensorValueFromMemory(new long[] { 2, 0 }, [1, 2]);
        using var factor = OrtValue.CreateTensorValueFromMemory(new float[] { 10, 100 }, [1, 1, 2]);
        var (rows, sums) = (new float[4], new float[2]);
        using var toRows = OrtValue.CreateTensorValueFromMemory(rows, [1, 2, 2]);
        using var toSums = OrtValue.CreateTensorValueFromMemory(sums, [1, 2]);
        session.Run([ids, factor], [toRows, toSums], TestContext.Current.CancellationToken);
        Assert.Equal([50, 600, 10, 200], rows);
        Assert.Equal([60, 800], sums);
    }

    /// <summary>Rows of a table times a factor, and their sum.</summary>
    private sealed record Lookups() : ModelPart("lookups")
    {
        public override string Title => "lookups";

        public override IReadOnlyList<PartValue> Inputs => [new("ids", true, "N", "L"), new("factor", false, "N", 1, 2)];

        public override IReadOnlyList<PartValue> Outputs => [new("rows", false, "N", "L", 2), new("sums", false, "N", 2)];

        public override string? Misfit => null;

        public override IEnumerable<ExpectedTensor> Tensors() => [new("table", [3, 2])];

        public override IReadOnlyList<T> Build<T>(IOperators<T> ops, IReadOnlyList<T> inputs)
        {
            var rows = ops.Mul(ops.Lookup(ops.Weights["table"], inputs[0]), inputs[1]);
            return [rows, ops.Sum(rows, 1)];
        }
    }
}
