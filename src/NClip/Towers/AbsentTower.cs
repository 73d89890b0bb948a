using NClip.Text;
using NClip.Towers.Blocks;

namespace NClip.Towers;

/// <summary>In the place of an image tower that was left out when the model was written.</summary>
internal sealed record AbsentImageTower() : ImageTowerSpec(UsualSize, UsualSize)
{
    /// <summary>For people.</summary>
    public const string Name = "none: written without it";

    public override string Title => Name;

    /// <summary>One whose place has features of this width.</summary>
    public static AbsentImageTower Of(int features) => new() { Projection = new(ProjectionKind.None, features, features) };

    public override IEnumerable<ExpectedTensor> Tensors() => [];

    public override T Build<T>(IOperators<T> ops, Scope<T> w, T pixels) => throw new InvalidOperationException("there is no image tower");
}

/// <summary>In the place of a text tower that was left out when the model was written.</summary>
internal sealed record AbsentTextTower() : TextTowerSpec(0, 0)
{
    public override string Title => AbsentImageTower.Name;

    public override string? Misfit => null;

    public override ContextSpec UsualContext => new(0, null, null, 0);

    /// <summary>One whose place has features of this width.</summary>
    public static AbsentTextTower Of(int features) => new() { Projection = new(ProjectionKind.None, features, features) };

    public override int UsedLength(ReadOnlySpan<long> row) => row.Length;

    public override IEnumerable<ExpectedTensor> Tensors() => [];

    public override T Build<T>(IOperators<T> ops, Scope<T> w, T ids) => throw new InvalidOperationException("there is no text tower");
}
