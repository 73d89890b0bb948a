using System.Runtime.InteropServices;

namespace NClip.Search.Vectors;

/// <summary>USearch's C interface (libusearch_c), as much of it as is used. Each call ends with where to put an error's text.</summary>
internal static unsafe partial class UsearchLibrary
{
    private const string Library = "libusearch_c";

    /// <summary>A signed byte a value, in their numbering.</summary>
    public const int Int8 = 4;

    /// <summary>The distance is 1 - a . b / (|a| |b|).</summary>
    public const int Cosine = 1;

    /// <summary>Whether there is one for this platform.</summary>
    public static bool IsThere { get; } = NativeLibrary.TryLoad(Library, typeof(UsearchLibrary).Assembly, null, out _);

    /// <summary>What an index is made with.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Options
    {
        public int Metric;
        public nint OwnMetric;
        public int Quantization;
        public nuint Dimensions, Connectivity, ExpansionAdd, ExpansionSearch;
        public byte Multi;
    }

    [LibraryImport(Library, EntryPoint = "usearch_init")]
    public static partial nint Init(ref Options options, ref nint error);

    [LibraryImport(Library, EntryPoint = "usearch_free")]
    public static partial void Free(nint index, ref nint error);

    [LibraryImport(Library, EntryPoint = "usearch_reserve")]
    public static partial void Reserve(nint index, nuint capacity, ref nint error);

    [LibraryImport(Library, EntryPoint = "usearch_change_threads_add")]
    public static partial void ThreadsAdd(nint index, nuint threads, ref nint error);

    [LibraryImport(Library, EntryPoint = "usearch_change_threads_search")]
    public static partial void ThreadsSearch(nint index, nuint threads, ref nint error);

    [LibraryImport(Library, EntryPoint = "usearch_add")]
    public static partial void Add(nint index, ulong key, void* vector, int kind, ref nint error);

    [LibraryImport(Library, EntryPoint = "usearch_search")]
    public static partial nuint Search(nint index, void* query, int kind, nuint count, ulong* keys, float* distances, ref nint error);

    [LibraryImport(Library, EntryPoint = "usearch_size")]
    public static partial nuint Size(nint index, ref nint error);

    [LibraryImport(Library, EntryPoint = "usearch_dimensions")]
    public static partial nuint Dimensions(nint index, ref nint error);

    [LibraryImport(Library, EntryPoint = "usearch_save", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void Save(nint index, string path, ref nint error);

    [LibraryImport(Library, EntryPoint = "usearch_load", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void Load(nint index, string path, ref nint error);

    [LibraryImport(Library, EntryPoint = "usearch_view", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void View(nint index, string path, ref nint error);
}
