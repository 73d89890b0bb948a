namespace NClip.Towers.Image.Convolutional;

/// <summary>A convolutional trunk with batch norm folded in, whose own classifier may go into the features (<see cref="ClassMixture"/>).</summary>
internal abstract record ClassifiedTrunkSpec(int Height, int Width, int Head) : ImageTowerSpec(Height, Width)
{
    /// <summary>
    /// Classes of the trunk's own classifier, whose shares go into the features beside what the trunk saw (nclip-mini's head);
    /// 0: the projection alone. The classifier has one more, the background.
    /// </summary>
    public int Classes { get; init; }

    /// <summary>Pooled features [N, <see cref="Head"/>].</summary>
    /// <param name="ops">Whose operators.</param>
    /// <param name="w">The tensors under <c>visual.trunk</c>.</param>
    /// <param name="pixels">[N, 3, H, W].</param>
    public abstract T Pool<T>(IOperators<T> ops, Scope<T> w, T pixels)
        where T : class;

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T pixels) => ClassMixture.Build(ops, this, w, Pool(ops, w["trunk"], pixels));

    /// <summary>The trunk's tensors but for its classifier.</summary>
    protected abstract IEnumerable<ExpectedTensor> TrunkTensors();

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors() => [.. TrunkTensors(), .. Projection.Tensors("visual.proj"), .. Classes == 0 ? [] : Mixture()];

    /// <summary>Of a checkpoint.</summary>
    protected static int ClassesIn(ModelTensors t) => t.Has("visual.head.class_proj.weight") ? (int)t.Shape("visual.head.class_proj.weight", 2)[1] : 0;

    private IEnumerable<ExpectedTensor> Mixture() =>
    [
        .. ExpectedTensor.Linear("visual.trunk.classifier", Head, Classes + 1),
        new("visual.head.class_proj.weight", [FeatureWidth, Classes], TensorRole.Linear),
    ];
}
