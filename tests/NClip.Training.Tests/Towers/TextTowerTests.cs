using NClip.Training.Towers;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Towers;

public class TextTowerTests
{
    private static readonly TextTowerSpec _spec = new(Vocabulary: 50, Bigrams: 101, Context: 12, Width: 16, Layers: 2, Heads: 2, Hidden: 24, Embed: 8);

    private static TextTower Tower()
    {
        var store = new ParameterStore();
        TextTower.Initialize(store, "text.", _spec, new Generator(5));
        return new TextTower(store, "text.", _spec);
    }

    [Fact]
    public void Padding_changes_nothing()
    {
        using var _ = no_grad();
        var tower = Tower();
        var exact = tower.Forward([[2, 10, 11, 12, 3]]);
        var padded = tower.Forward([[2, 10, 11, 12, 3, 0, 0, 0, 0]]);
        Assert.True(Tensors.LargestDifference(exact, padded) < 1e-5);
    }

    [Fact]
    public void Order_of_words_matters()
    {
        using var _ = no_grad();
        var tower = Tower();
        var one = tower.Forward([[2, 10, 11, 3]]);
        var other = tower.Forward([[2, 11, 10, 3]]);
        Assert.True(Tensors.LargestDifference(one, other) > 1e-3);
    }

    [Fact]
    public void A_row_without_words_is_finite()
    {
        using var _ = no_grad();
        Assert.True(Tower().Forward([[2, 3]]).isfinite().all().item<bool>());
    }
}
