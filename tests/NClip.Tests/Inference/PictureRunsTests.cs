using NClip.Inference;
using NClip.Towers;
using NClip.Towers.Blocks;
using NClip.Towers.Image;
using Xunit;

namespace NClip.Tests.Inference;

public sealed class PictureRunsTests
{
    [Theory]
    [InlineData(8, 16, 2, "2 2 2 2")]
    [InlineData(7, 16, 2, "2 2 3")] // one alone goes with the two before it
    [InlineData(3, 16, 2, "3")]
    [InlineData(1, 16, 2, "1")]
    [InlineData(20, 16, 8, "8 8 4")]
    [InlineData(19, 16, 3, "3 3 3 3 4 3")] // never over the border of a batch
    [InlineData(17, 16, 5, "5 5 6 1")]
    [InlineData(3, 1, 8, "1 1 1")]
    [InlineData(40, 16, 1024, "16 16 8")]
    [InlineData(0, 16, 2, "")]
    public void A_batch_is_divided_and_no_picture_is_left_alone(int count, int batch, int atATime, string runs)
    {
        var found = PictureRuns.Of(count, batch, atATime).ToArray();
        Assert.Equal(runs, string.Join(' ', found.Select(r => r.Count)));
        Assert.Equal(found.Select((_, i) => found.Take(i).Sum(r => r.Count)), found.Select(r => r.First));
    }

    [Theory]
    [InlineData(32, 768, 8)] // ViT-B/32
    [InlineData(16, 768, 2)]
    [InlineData(14, 1024, 2)] // ViT-L/14
    public void The_larger_what_a_layer_writes_the_fewer_pictures(int patch, int width, int pictures)
    {
        var block = new TransformerBlockSpec(width, width / 64, 4 * width, Activation.Gelu, 1e-5f);
        var tower = new VisionTransformerSpec(224, 224, patch, 12, block) { Projection = new(ProjectionKind.Linear, width, 512) };
        var tokens = 1 + (224 / patch * (224 / patch));
        Assert.Equal(Math.Max(4L * width, width / 64 * tokens) * tokens * sizeof(float), TowerWork.LargestOfImage(tower));
        Assert.Equal(pictures, PictureRuns.AtATime(tower));
    }
}
