using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using NClip.Checkpoints;
using NClip.Graphs;
using NClip.Towers;
using NClip.Towers.Blocks;
using NClip.Training.Operators;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Operators;

/// <summary>Every operator means the same in a graph that ONNX Runtime runs and on torch tensors.</summary>
public sealed class OperatorTests
{
    private static readonly long[] _picture = [2, 4, 6, 8], _rows = [6, 4], _tokens = [2, 3, 4], _heads = [2, 2, 3, 4];

    /// <summary>What is built of the inputs x (floats) and ids (integers).</summary>
    private interface ICase
    {
        T Build<T>(IOperators<T> ops, T x, T ids)
            where T : class;
    }

    public static TheoryData<string> Names() => [.. _cases.Keys];

    [Theory, MemberData(nameof(Names))]
    public void An_operator_in_a_graph_equals_the_one_on_torch_tensors(string name)
    {
        var (shape, build) = _cases[name];
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var x = randn(shape, generator: new Generator(3)).Plus(0.1);
        long[] idShape = [2, 3];
        long[] ids = [5, 1, 5, 0, 2, 2];
        var weights = Weights();

        var g = new GraphWriter(weights.Graph);
        var pixels = g.Input("x", OnnxProto.Float, [.. shape.Select(d => (object)d)]);
        var tokens = g.Input("ids", OnnxProto.Int64, [.. idShape.Select(d => (object)d)]);
        var used = g.Add(build.Build<Value>(g, pixels, tokens), g.Mul(g.Sum(g.Reshape(g.IsNot(tokens, 99), -1), 0), g.Constant(0f))); // both inputs stay in the graph
        g.Output(used, "y", OnnxProto.Float);
        using var session = new InferenceSession(g.Finish());
        using var xs = OrtValue.CreateTensorValueFromMemory(x.data<float>().ToArray(), shape);
        using var idValues = OrtValue.CreateTensorValueFromMemory(ids, idShape);
        using var run = new RunOptions();
        using var results = session.Run(run, ["x", "ids"], [xs, idValues], ["y"]);
        var actual = results[0].GetTensorDataAsSpan<float>().ToArray();

        var expected = build.Build<Tensor>(new TorchOperators(weights.Torch), x, tensor(ids).reshape(idShape)).to_type(ScalarType.Float32).contiguous();
        Assert.Equal(expected.shape, results[0].GetTensorTypeAndShape().Shape);
        float[] want = [.. expected.data<float>()];
        for (var i = 0; i < want.Length; i++) Assert.True(want[i] == actual[i] || Math.Abs(want[i] - actual[i]) < 2e-5 * Math.Max(1, Math.Abs(want[i])), $"{name}, element {i}: torch {want[i]:R}, graph {actual[i]:R}");
    }

    [Fact]
    public void Every_operator_of_the_interface_has_a_case()
    {
        var source = File.ReadAllText(Path.Combine(NClip.Tests.Reference.Root, "tests", "NClip.Training.Tests", "Operators", "OperatorTests.cs"));
        string[] hooks = ["get_Weights", "Weight", "Block", "Patches", "Dropout"]; // names, and what is nothing in a graph
        var missing = typeof(IOperators<>).GetMethods().Select(m => m.Name).Distinct().Except(hooks).Where(n => !source.Contains($"ops.{n}(", StringComparison.Ordinal)).ToArray();
        Assert.True(missing.Length == 0, "no case for " + string.Join(", ", missing));
    }

    /// <summary>The same random weights for both.</summary>
    private static (ModelTensors Graph, ParameterStore Torch) Weights()
    {
        var (graph, torch) = (new Dictionary<string, ModelTensor>(), new ParameterStore());
        void Add(string name, params long[] shape)
        {
            var value = randn(shape, generator: new Generator((ulong)(name.Length * 31 + name[^1]))).Times(0.5);
            if (name.EndsWith("running_var", StringComparison.Ordinal)) value = value.abs().Plus(0.5);
            torch.Add(name, value, trained: false);
            var bytes = MemoryMarshal.AsBytes(value.data<float>().ToArray().AsSpan()).ToArray();
            graph[name] = new ModelTensor(name, shape, [new TensorEntry(name, TensorType.Float32, shape) { ByteLength = bytes.Length, Read = () => bytes }]);
        }
        Add("square.weight", 4, 4);
        Add("square.bias", 4);
        Add("wide.weight", 12, 4);
        Add("wide.bias", 12);
        Add("matrix", 4, 5);
        Add("matrix.bias", 5);
        Add("table", 6, 4);
        Add("vector", 4);
        Add("conv.weight", 6, 4, 3, 3);
        Add("conv.bias", 6);
        Add("even.weight", 6, 4, 2, 2);
        Add("even.bias", 6);
        Add("depthwise.weight", 4, 1, 3, 3);
        Add("depthwise.bias", 4);
        foreach (var part in new[] { "weight", "bias", "running_mean", "running_var" }) Add("norm." + part, 4);
        return (new ModelTensors("made here", Naming.OpenAI, graph), torch);
    }

    private static readonly Dictionary<string, (long[] Shape, ICase Build)> _cases = new()
    {
        ["arithmetic"] = (_tokens, new Arithmetic()),
        ["activations"] = (_tokens, new Activations()),
        ["shapes"] = (_tokens, new Shapes()),
        ["reductions"] = (_tokens, new Reductions()),
        ["norms"] = (_tokens, new Norms()),
        ["attention"] = (_heads, new Attention(Masked: false)),
        ["rotary positions"] = ([2, 2, 7, 8], new Rotary()),
        ["attention with a mask"] = (_heads, new Attention(Masked: true)),
        ["linear layers"] = (_rows, new Layers()),
        ["convolutions"] = (_picture, new Convolutions()),
        ["convolutions of odd sides"] = ([2, 4, 7, 5], new Convolutions()),
        ["pools"] = (_picture, new Pools()),
        ["ids"] = (_tokens, new Ids()),
        ["lookups"] = (_tokens, new Lookups()),
    };

    private static T All<T>(IOperators<T> ops, params T[] parts)
        where T : class => ops.Concat(0, [.. parts.Select(p => ops.Reshape(p, -1))]);

    private sealed class Arithmetic : ICase
    {
        public T Build<T>(IOperators<T> ops, T x, T ids)
            where T : class
        {
            var y = ops.Weights["vector"];
            var pairs = ops.Mod(ops.Add(ops.Mul(ids, ops.Constant(7919L)), ids), ops.Constant(101L));
            return All(ops, ops.Add(x, y), ops.Sub(x, y), ops.Mul(x, y), ops.Div(x, ops.Add(ops.Mul(x, x), ops.Constant(0.5f))), ops.Sqrt(ops.Mul(x, x)), ops.IsAtLeast(pairs, 50));
        }
    }

    private sealed class Activations : ICase
    {
        public T Build<T>(IOperators<T> ops, T x, T ids)
            where T : class => All(ops,
            [
                .. Enum.GetValues<Activation>().Select(a => ops.Activate(x, a)),
                ops.Relu(x), ops.Sigmoid(x), ops.Tanh(x), ops.Softmax(x), ops.Clamp(x, 0, 0.3f), ops.Clamp(x, 0.1f, null), ops.Within(x, -0.1f, ops.Constant(0.2f)),
            ]);
    }

    private sealed class Shapes : ICase
    {
        public T Build<T>(IOperators<T> ops, T x, T ids)
            where T : class
        {
            var parts = ops.Split(x, [1, 3], 2);
            return All(ops,
                ops.Transpose(ops.Reshape(x, 0, 2, -1), 2, 0, 1),
                ops.ReshapeLike(ops.Transpose(x, 1, 0, 2), x),
                ops.Mul(ops.Unsqueeze(ops.Take(x, 2, -1), 1, 3), ops.Constant(2f)),
                ops.Slice(x, 1, 1, ops.Size(x, 1)), ops.Slice(x, 1, 0, -1), ops.Slice(x, 2, 1, 100),
                ops.Concat(1, parts[1], parts[1]), parts[0],
                ops.Repeat(ops.Weights["vector"], x, 1, 4));
        }
    }

    private sealed class Reductions : ICase
    {
        public T Build<T>(IOperators<T> ops, T x, T ids)
            where T : class => All(ops, ops.Mean(x, 1), ops.Mean(x, 1, keep: true), ops.Sum(x, 2), ops.Add(x, ops.Sum(x, 1, keep: true)), ops.CumulativeSum(x, 1));
    }

    private sealed class Norms : ICase
    {
        public T Build<T>(IOperators<T> ops, T x, T ids)
            where T : class => All(ops, ops.LayerNorm(x, ops.Weights["norm"], 1e-5f), ops.LayerNorm(x, ops.Weights["norm"], 1e-2f), ops.RmsNorm(x, ops.Weights["norm"], 1e-2f), ops.Normalize(x));
    }

    private sealed class Attention(bool Masked) : ICase
    {
        public T Build<T>(IOperators<T> ops, T x, T ids)
            where T : class
        {
            var mask = Masked ? ops.CausalMask(ops.Size(x, 2)) : null;
            var k = ops.Mul(x, ops.Constant(0.7f));
            return All(ops, ops.Attend(x, k, x, 0.5f, mask), ops.Attend(x, k, x, 0.9f, mask));
        }
    }

    private sealed class Rotary : ICase
    {
        public T Build<T>(IOperators<T> ops, T x, T ids)
            where T : class
        {
            var places = new RotaryPositions(2, 3) { Kept = 1, First = 1, ColumnsFirst = true };
            return All(ops, ops.Rotate(x, places, 8), ops.Rotate(x, places with { First = 0, ColumnsFirst = false, Reference = (16, 16) }, 8));
        }
    }

    private sealed class Layers : ICase
    {
        public T Build<T>(IOperators<T> ops, T x, T ids)
            where T : class
        {
            var w = ops.Weights;
            var rows = ops.Rows(w["wide.weight"], 4, 8);
            return All(ops,
            [
                ops.Linear(x, w["square"]), ops.Linear(x, w["square.weight"], null), ops.Linear(x, rows[0], w["square.bias"]),
                .. ops.LinearPieces(x, w["wide.weight"], w["wide.bias"], 3),
                ops.Project(x, w["matrix"]), ops.Project(x, w["matrix"], w["matrix.bias"]),
            ]);
        }
    }

    private sealed class Convolutions : ICase
    {
        public T Build<T>(IOperators<T> ops, T x, T ids)
            where T : class
        {
            var w = ops.Weights;
            return All(ops,
                ops.Conv(x, w["conv"]), ops.Conv(x, w["conv"], stride: 2, padding: 1, bias: true), ops.Conv(x, w["depthwise"], padding: 1, groups: 4),
                Same(w["conv"], 1), Same(w["conv"], 2), Same(w["depthwise"], 2, 4), Same(w["even"], 2), Same(w["even"], 1),
                ops.Conv(x, w["conv"], stride: 2, padding: new Padding(0, 1)), ops.Conv(x, w["conv"], padding: new Padding(2, 1), bias: true),
                ops.BatchNorm(x, w["norm"]), ops.BatchNorm(x, w["norm"], 1e-2f));
            T Same(Scope<T> at, int stride, int groups = 1) => ops.Conv(x, at, stride, Padding.Same, groups, bias: groups == 1);
        }
    }

    private sealed class Pools : ICase
    {
        public T Build<T>(IOperators<T> ops, T x, T ids)
            where T : class => All(ops, ops.AveragePool(x, 2, 2), ops.AveragePool(x, 3, 2, 1), ops.MaxPool(x, 3, 2, 1), ops.GlobalAveragePool(x));
    }

    private sealed class Ids : ICase
    {
        public T Build<T>(IOperators<T> ops, T x, T ids)
            where T : class => All(ops,
                ops.IsNot(ids, 2), ops.IsAtLeast(ids, 2), ops.ToFloat(ids), ops.ToFloat(ops.WithoutFilling(ops.Concat(1, ids, ops.Sub(ids, ids)), 0)), ops.ToFloat(ops.WithoutFilling(ops.Sub(ids, ids), 0)), ops.Range(5), ops.Range(ops.Size(ids, 1)),
                ops.ToFloat(ops.ToInteger(ops.Div(ops.ToFloat(ids), ops.Constant(2f)))),
                ops.TakeAt(x, ops.PlaceOf(ids, 2)), ops.TakeAt(x, ops.PlaceOf(ids, 77)), ops.TakeAt(x, ops.PlaceOfLargest(ids)),
                ops.Lookup(ops.Weights["table"], ops.ToInteger(ops.CumulativeSum(ops.IsNot(ids, 5), 1))));
    }

    private sealed class Lookups : ICase
    {
        public T Build<T>(IOperators<T> ops, T x, T ids)
            where T : class
        {
            var table = ops.Constant([.. Enumerable.Range(0, 24).Select(i => i / 8f)], 6, 4);
            var rows = ops.Lookup(table, ids);
            var looked = ops.Lookup(ops.Weights["table"], ids);
            ops.GiveRows("table", ids, x);
            return All(ops, looked, rows, ops.Lookup(ops.Weights["table"], ids), ops.Lookup(ops.Weights["table"], ops.Sub(ids, ops.Mod(ids, ops.Constant(2L)))));
        }
    }
}
