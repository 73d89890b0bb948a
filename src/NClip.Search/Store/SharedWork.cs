namespace NClip.Search.Store;

/// <summary>Work on a gallery that several writers share: it falls into parts, and each part is one writer's at a time.</summary>
internal interface ISharedWork
{
    /// <summary>The part that a file belongs to.</summary>
    int PartOf(string path);

    /// <summary>Takes parts for this writer alone; null: others have all of them now.</summary>
    /// <param name="parts">Those that it still has work in.</param>
    /// <param name="most">How many.</param>
    WorkLease? Take(IReadOnlyCollection<int> parts, int most);

    /// <summary>The files of parts as they are now.</summary>
    IReadOnlyList<StoredFile> Files(IReadOnlyCollection<int> parts);
}

/// <summary>Parts of the work that are one writer's until it gives them back.</summary>
internal sealed class WorkLease(IReadOnlyCollection<int> parts, Action giveBack)
{
    /// <summary>Which.</summary>
    public IReadOnlyCollection<int> Parts => parts;

    /// <summary>Gives them back: what was to do in them is committed.</summary>
    public void Return() => giveBack();
}
