using NClip.ZeroShot;
using Xunit;

namespace NClip.Tests.ZeroShot;

/// <summary>Weights of many classes, made in groups of prompts.</summary>
public sealed class ClassWeightsTests
{
    private const int Width = 8;

    private static readonly PromptTemplates _templates = PromptTemplates.Of(["a photo of a {}.", "a drawing of a {}.", "{}"]);

    private readonly List<string> _encoded = [];
    private int _largest;

    /// <summary>Features that depend on nothing but the text.</summary>
    private Matrix Encode(IReadOnlyList<string> texts, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        _encoded.AddRange(texts);
        _largest = Math.Max(_largest, texts.Count);
        return new Matrix(texts.Count, Width, [.. texts.SelectMany(Features)]);

        static IEnumerable<float> Features(string text)
        {
            var random = new Random(text.Aggregate(17, (h, c) => unchecked((h * 31) + c)));
            return Enumerable.Range(0, Width).Select(_ => random.NextSingle() - 0.5f);
        }
    }

    private ClassWeights Weights(int group, int kept = 0) => Weights(group, new LabelCache(kept));

    private ClassWeights Weights(int group, LabelCache cache) => new(Encode, Width, group, cache);

    private static LabelClass[] Classes(int count) => [.. Enumerable.Range(0, count).Select(i => new LabelClass($"c{i}", i % 5 == 0 ? [$"thing {i}", "shared", "beside"] : [$"thing {i}"]))];

    [Fact]
    public void Groups_of_any_size_give_the_same_weights_to_the_bit_and_encode_each_prompt_once()
    {
        var expected = Weights(100_000).Of(Classes(60), _templates).ToArray();
        Assert.Equal(62 * 3, _encoded.Count);
        foreach (var group in (int[])[1, 7, 64])
        {
            _encoded.Clear();
            _largest = 0;
            Assert.Equal(expected, Weights(group).Of(Classes(60), _templates).ToArray());
            Assert.Equal(62 * 3, _encoded.Count);
            Assert.InRange(_largest, 1, group);
        }
    }

    [Fact]
    public void A_weight_is_the_normalised_mean_of_the_prompts_unit_features()
    {
        var found = Weights(2).Of([new("x", ["a", "b"])], PromptTemplates.None);
        var unit = Encode(["a", "b"], default).Normalized();
        var sum = new Matrix(1, Width, [.. Enumerable.Range(0, Width).Select(i => unit[0, i] + unit[1, i])]);
        Assert.Equal(sum.Normalized().ToArray(), found.ToArray());
    }

    [Fact]
    public void Classes_that_were_met_before_are_not_encoded_again_and_the_oldest_make_room()
    {
        var cache = new LabelCache(3);
        var weights = Weights(16, cache);
        LabelClass[] Named(params string[] names) => [.. names.Select(n => new LabelClass(n))];
        var first = weights.Of(Named("a", "b"), _templates).ToArray();
        Assert.Equal(first, weights.Of(Named("a", "b"), PromptTemplates.Of([.. _templates.English])).ToArray());
        Assert.Equal(6, _encoded.Count);
        weights.Of(Named("a", "c", "d"), _templates); // b is the one that goes
        Assert.Equal(12, _encoded.Count);
        weights.Of(Named("a", "c", "d"), _templates);
        Assert.Equal(12, _encoded.Count);
        weights.Of(Named("b"), _templates);
        Assert.Equal(15, _encoded.Count);
        weights.Of(Named("b"), PromptTemplates.None);
        Assert.Equal(16, _encoded.Count);
        weights.Of(Named("e", "f", "g", "h"), _templates); // more than fit: none is kept, none is driven out
        weights.Of(Named("b"), _templates);
        Assert.Equal(28, _encoded.Count);
    }

    [Fact]
    public void Lists_of_names_that_read_alike_are_not_one_class()
    {
        var cache = new LabelCache(10);
        var one = Weights(16, cache).Of([new("x", ["ab", "c"])], PromptTemplates.None).ToArray();
        Assert.NotEqual(one, Weights(16, cache).Of([new("x", ["a", "bc"])], PromptTemplates.None).ToArray());
        Assert.NotEqual(one, Weights(16, cache).Of([new("x", ["2:ab1:c"])], PromptTemplates.None).ToArray());
    }

    [Fact]
    public void Progress_ends_at_the_number_of_prompts_and_a_cancellation_is_heard_between_groups()
    {
        var told = new Told();
        Weights(10).Of(Classes(50), _templates, told);
        Assert.Equal(new PromptProgress(70 * 3, 70 * 3), told.All[^1]);
        Assert.Equal(told.All.OrderBy(p => p.Done), told.All);
        Assert.True(told.All.Count > 10);

        using var stop = new CancellationTokenSource();
        _encoded.Clear();
        Assert.ThrowsAny<OperationCanceledException>(() => Weights(10).Of(Classes(50), _templates, new Told(_ => stop.Cancel()), stop.Token));
        Assert.InRange(_encoded.Count, 1, 10);
    }

    private sealed class Told(Action<PromptProgress>? then = null) : IProgress<PromptProgress>
    {
        public List<PromptProgress> All { get; } = [];

        public void Report(PromptProgress value)
        {
            All.Add(value);
            then?.Invoke(value);
        }
    }
}
