namespace NClip.Search.Store;

/// <summary>Where a gallery lives. Searching sees whole transactions only.</summary>
internal interface IGalleryStore : IDisposable
{
    /// <summary>What messages call it.</summary>
    string Name { get; }

    /// <summary>The model whose vectors answer; null before the first picture.</summary>
    GalleryModel? Model { get; }

    /// <summary>Files that are in it as pictures.</summary>
    int Count { get; }

    /// <summary>Folders that were indexed.</summary>
    IReadOnlyList<string> Roots { get; }

    /// <summary>Scores above which pictures stand out, for texts and for pictures as queries; null where that is not known.</summary>
    (double Text, double Picture)? Limits { get; }

    /// <summary>A number that is another after each transaction of a writer; null where that is not known.</summary>
    long? Revision => null;

    /// <summary>Files that could not be read, by path.</summary>
    IReadOnlyList<StoredFile> Failures();

    /// <summary>For each unit vector the best pictures, best first; those with the same score by path.</summary>
    /// <param name="queries">Unit vectors [N, D].</param>
    /// <param name="top">How many for each.</param>
    /// <param name="filter">What they must fulfil.</param>
    /// <param name="exact">Whether every vector is looked at, also where there is an index that finds nearly all of the best.</param>
    /// <param name="cancellation">Ends the search.</param>
    IReadOnlyList<IReadOnlyList<Match>> Search(Matrix queries, int top, SearchFilter filter, bool exact, CancellationToken cancellation);

    /// <summary>All pictures, by path, without their vectors.</summary>
    IReadOnlyList<GalleryPicture> Pictures(CancellationToken cancellation) => [.. All(cancellation).Pictures.Select(p => new GalleryPicture(p.Path, p.Size, p.Facts))];

    /// <summary>All pictures and their vectors.</summary>
    GalleryContents All(CancellationToken cancellation);

    /// <summary>Looks whether all of it is as it was written.</summary>
    /// <exception cref="SearchException">Something is not.</exception>
    void Verify(CancellationToken cancellation);
}

/// <summary>What a run of the index needs of the place that it writes to: what is there, and that changes are carried out.</summary>
internal interface IPictureWriter
{
    /// <summary>How several writers share the work; null: there is one at a time.</summary>
    ISharedWork? Shared => null;

    /// <summary>All files, by path.</summary>
    Dictionary<string, StoredFile> Files();

    /// <summary>The contents that have vectors.</summary>
    HashSet<UInt128> Contents();

    /// <summary>Notes a folder as one that was indexed.</summary>
    void AddRoot(string path);

    /// <summary>Carries out changes; a gallery all or none, and a store without transactions each file's.</summary>
    void Commit(GalleryChanges changes);
}

/// <summary>Changes a gallery, a transaction at a time. What was committed outlives a kill and a power cut.</summary>
internal interface IGalleryWriter : IPictureWriter, IDisposable
{
    /// <summary>The model whose vectors it has; null before the first.</summary>
    GalleryModel? Model { get; }

    /// <summary>Says whose vectors come.</summary>
    void SetModel(GalleryModel model);

    /// <summary>Notes where the model's files are and how they are now; null: not known.</summary>
    void NoteSource(string? source);

    /// <summary>Vectors come from now on from another model, beside those that answer; those that an earlier run of the same model left are kept.</summary>
    void Begin(GalleryModel model);

    /// <summary>Contents that have no vector of the model yet, and the files that have had them.</summary>
    IReadOnlyList<(UInt128 Hash, IReadOnlyList<string> Paths)> Missing();

    /// <summary>From now on the vectors of the model that was begun answer; the others are dropped, and with them the contents that have none of it.</summary>
    void Switch();

    /// <summary>How many pictures the limits were measured on; 0 where they were not.</summary>
    int LimitsOf { get; }

    /// <summary>Notes the scores above which pictures stand out.</summary>
    void SetLimits((double Text, double Picture) limits, int pictures);

    /// <summary>Unit vectors of so many contents, or of all where there are fewer, evenly from the oldest to the newest.</summary>
    Matrix Sample(int count);

    /// <summary>Drops contents that no file has any more, and lays the vectors together where many are dropped.</summary>
    void Sweep();

    /// <summary>Makes or grows the index that finds nearly all of the best rows without looking at every one.</summary>
    /// <param name="wanted">Whether there is to be one; null: where there are many pictures.</param>
    /// <param name="cancellation">Ends it; the gallery is as it was.</param>
    void Connect(bool? wanted, CancellationToken cancellation);
}
