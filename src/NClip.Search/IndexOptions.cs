namespace NClip.Search;

/// <summary>How pictures are indexed.</summary>
/// <param name="BatchSize">Pictures in one run of the tower, the one that the <see cref="Clip"/> was opened with: a run that was stopped goes on at the border of one. Default 16.</param>
/// <param name="Threads">Files read at a time, ahead of decoding. Default: the processors.</param>
/// <param name="Exclude">Patterns with * and ? of names or full paths that are left out. Hidden files and folders, system folders and folders of thumbnails are in any case.</param>
/// <param name="Storage">How vectors are kept. Default float32.</param>
/// <param name="Reembed">Whether a gallery of another model is changed to this one: all its pictures are embedded again, and the old vectors answer until that is done. Default: it is refused.</param>
/// <param name="Approximate">Whether the gallery gets an index that finds nearly all of the best without looking at every vector, where this platform has it. Default: from 200,000 pictures on.</param>
public sealed record IndexOptions(int BatchSize = 16, int? Threads = null, IReadOnlyList<string>? Exclude = null, VectorStorage Storage = VectorStorage.Float32, bool Reembed = false, bool? Approximate = null);

/// <summary>How a gallery keeps its vectors; the first pass of a search uses int8 codes in any case.</summary>
public enum VectorStorage
{
    /// <summary>4 bytes a value: scores are the towers'.</summary>
    Float32 = 0,

    /// <summary>2 bytes a value: scores within 5e-4 of the towers'.</summary>
    Float16 = 1,

    /// <summary>1 byte a value: scores within 0.01 of the towers'.</summary>
    Int8 = 2,
}

/// <summary>What an index run has done so far.</summary>
/// <param name="Done">Files that were read.</param>
/// <param name="Total">Files that have to be read: new and changed ones.</param>
public readonly record struct IndexProgress(int Done, int Total);

/// <summary>A file that could not be read as a picture.</summary>
/// <param name="File">Its full path.</param>
/// <param name="Reason">What was found.</param>
public sealed record FailedFile(string File, string Reason);

/// <summary>What an index run found. Of a file that was renamed the old name is removed and the new one added; it is not embedded again.</summary>
/// <param name="Added">Pictures that the gallery did not have under their names.</param>
/// <param name="Changed">Pictures whose content is another.</param>
/// <param name="Removed">Files that are gone.</param>
/// <param name="Unchanged">Pictures that are as they were.</param>
/// <param name="Failed">Files that cannot be read as pictures, those that could not be before included.</param>
/// <param name="Total">Pictures that the gallery has now, of all folders.</param>
public sealed record IndexResult(int Added, int Changed, int Removed, int Unchanged, int Failed, int Total);
