using System.Numerics.Tensors;
using NClip.Foundation;

namespace NClip.ZeroShot;

/// <summary>
/// The answer 'none of these' for softmax models. A softmax over the user's labels alone must name one of them; here
/// background prompts (everyday things, minus the user's own) stand beside them and share the distribution. Their weight
/// is calibrated with background pictures, which show nothing: on those, a label must not win, so the background gets
/// the margin by which the labels' cosines exceed its own there.
/// </summary>
internal sealed class NoneOfThese
{
    private readonly Matrix _background;
    private readonly float _margin;

    private NoneOfThese(Matrix background, float margin) => (_background, _margin) = (background, margin);

    /// <summary>Names of everyday things, in both languages, that a picture may show instead of the user's labels.</summary>
    private static readonly string[] _english =
    [
        "person", "face", "crowd", "hand", "dog", "cat", "bird", "fish", "horse", "insect", "flower", "tree", "forest", "mountain", "beach", "sky", "street",
        "building", "room", "kitchen", "bed", "chair", "table", "car", "bicycle", "train", "airplane", "boat", "food", "fruit", "vegetable", "cake", "drink",
        "bottle", "book", "phone", "computer", "screenshot", "text document", "diagram", "map", "drawing", "painting", "toy", "tool", "clothing", "shoe", "ball",
        "sports field", "musical instrument", "clock", "sign", "plain background", "texture", "pattern",
    ];

    private static readonly string[] _chinese =
    [
        "人", "脸", "人群", "手", "狗", "猫", "鸟", "鱼", "马", "昆虫", "花", "树", "森林", "山", "海滩", "天空", "街道", "建筑", "房间", "厨房", "床", "椅子", "桌子", "汽车",
        "自行车", "火车", "飞机", "船", "食物", "水果", "蔬菜", "蛋糕", "饮料", "瓶子", "书", "手机", "电脑", "截图", "文字", "图表", "地图", "绘画", "玩具", "工具", "衣服", "鞋", "球",
        "运动场", "乐器", "钟", "标志", "纯色背景", "纹理", "图案",
    ];

    /// <summary>Names of everyday things in the language of the labels.</summary>
    public static IReadOnlyList<string> EverydayNames(IReadOnlyList<LabelClass> labels) => labels.Any(l => l.Names.Any(Ideographs.In)) ? _chinese : _english;

    /// <summary>Makes the background for a set of label weights.</summary>
    /// <param name="labels">The user's classes; a background name that is also one of their names is left out, as is one nearer than <see cref="TooNear"/>.</param>
    /// <param name="weights">Their unit weights [C, D].</param>
    /// <param name="weigh">Classes to unit weights, by the classifier's templates.</param>
    /// <param name="pictures">Unit features of <see cref="BackgroundPictures"/>.</param>
    /// <param name="cancellation">Heard between the steps.</param>
    public static NoneOfThese Calibrate(IReadOnlyList<LabelClass> labels, Matrix weights, Func<IReadOnlyList<LabelClass>, Matrix> weigh, Matrix pictures, CancellationToken cancellation = default)
    {
        var taken = labels.SelectMany(l => l.Names).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var everyday = EverydayNames(labels);
        var others = everyday.Where(n => !taken.Contains(n)).ToArray();
        var all = weigh([.. (others.Length > 0 ? others : everyday).Select(n => new LabelClass(n))]);
        var (toOthers, nearest) = (all.TimesTransposed(all, cancellationToken: cancellation), all.TimesTransposed(weights, cancellationToken: cancellation));
        var limit = TooNear(toOthers);
        var kept = Enumerable.Range(0, all.Rows).Where(i => TensorPrimitives.Max(nearest.Row(i)) < limit).ToArray();
        if (kept.Length == 0) kept = [.. Enumerable.Range(0, all.Rows)];
        var background = new Matrix(kept.Length, all.Columns, [.. kept.SelectMany(i => all.Row(i).ToArray())]);

        var (toLabels, toBackground) = (pictures.TimesTransposed(weights, cancellationToken: cancellation), pictures.TimesTransposed(background, cancellationToken: cancellation));
        var excess = Enumerable.Range(0, pictures.Rows)
            .Select(i => TensorPrimitives.Max(toLabels.Row(i)) - TensorPrimitives.Max(toBackground.Row(i))).Order().ToArray();
        return new NoneOfThese(background, Math.Max(0, excess[excess.Length / 2]));
    }

    /// <summary>Logit of 'none of these' for unit picture features [D]: the background's best match, raised by the margin.</summary>
    public float Logit(ReadOnlySpan<float> unit, float scale)
    {
        var best = float.NegativeInfinity;
        for (var i = 0; i < _background.Rows; i++) best = Math.Max(best, TensorPrimitives.Dot(unit, _background.Row(i)));
        return scale * (best + _margin);
    }

    /// <summary>
    /// A background name this near to a label says the same as the label (kitten beside cat) and must not compete with it:
    /// nearer than nine in ten different things are to the one most like them.
    /// </summary>
    private static float TooNear(Matrix pairs)
    {
        var nearest = Enumerable.Range(0, pairs.Rows).Select(i => Math.Max(Max(pairs.Row(i)[..i]), Max(pairs.Row(i)[(i + 1)..]))).Order().ToArray();
        return nearest[nearest.Length * 9 / 10];

        static float Max(ReadOnlySpan<float> x) => x.IsEmpty ? -1 : TensorPrimitives.Max(x);
    }
}
