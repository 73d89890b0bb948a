using System.Runtime.InteropServices;

namespace NClip.Search.Vectors;

/// <summary>
/// A graph of near neighbours (HNSW, Malkov and Yashunin 2016) over unit vectors, of USearch: a byte a value, keys of 64 bits. It gives candidates; whoever asks scores them.
/// </summary>
internal sealed unsafe class UsearchIndex : IDisposable
{
    private const int Links = 16, Building = 96, Searching = 96; // neighbours of a node; nodes that are looked at when one is added, and by a search

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _slots = new(Environment.ProcessorCount); // an index has room for the work of so many threads, and refuses one more
    private readonly int _dimension;
    private nint _index;

    private UsearchIndex(int dimension)
    {
        _dimension = dimension;
        var options = new UsearchLibrary.Options
        {
            Metric = UsearchLibrary.Cosine,
            Quantization = UsearchLibrary.Int8,
            Dimensions = (nuint)dimension,
            Connectivity = Links,
            ExpansionAdd = Building,
            ExpansionSearch = Searching,
        };
        nint error = 0;
        _index = UsearchLibrary.Init(ref options, ref error);
        Check(error);
    }

    /// <summary>Vectors in it.</summary>
    public long Count
    {
        get
        {
            nint error = 0;
            return (long)UsearchLibrary.Size(_index, ref error);
        }
    }

    /// <summary>An index that takes vectors.</summary>
    /// <param name="dimension">D.</param>
    /// <param name="file">One that was saved, whose vectors it has; or null.</param>
    /// <param name="capacity">How many vectors it is to hold.</param>
    /// <exception cref="SearchException">The file is damaged.</exception>
    public static UsearchIndex ToAdd(int dimension, string? file, long capacity)
    {
        var index = new UsearchIndex(dimension);
        try
        {
            nint error = 0;
            if (file is not null) UsearchLibrary.Load(index._index, file, ref error);
            index.Check(error);
            UsearchLibrary.ThreadsAdd(index._index, (nuint)Environment.ProcessorCount, ref error);
            index.Check(error);
            UsearchLibrary.Reserve(index._index, (nuint)capacity, ref error);
            index.Check(error);
            return index;
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    /// <summary>A saved index, mapped from disk.</summary>
    /// <exception cref="SearchException">The file is damaged.</exception>
    public static UsearchIndex ToSearch(int dimension, string file)
    {
        var index = new UsearchIndex(dimension);
        try
        {
            nint error = 0;
            UsearchLibrary.View(index._index, file, ref error);
            index.Check(error);
            if (UsearchLibrary.Dimensions(index._index, ref error) != (nuint)dimension) throw new SearchException("the index is of vectors of another length.", file);
            return index;
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    /// <summary>Adds a vector by its codes (<see cref="Code"/>; the cosine needs no scale); from several threads at once.</summary>
    public void Add(ulong key, ReadOnlySpan<sbyte> codes)
    {
        nint error = 0;
        _slots.Wait();
        try
        {
            fixed (sbyte* c = codes) UsearchLibrary.Add(_index, key, c, UsearchLibrary.Int8, ref error);
        }
        finally
        {
            _slots.Release();
        }
        Check(error);
    }

    /// <summary>The keys of the vectors that are nearest, nearest first.</summary>
    public ulong[] Nearest(ReadOnlySpan<float> query, int count)
    {
        var (keys, distances, codes) = (new ulong[count], new float[count], new sbyte[query.Length]);
        Code.Write(query, codes);
        nint error = 0;
        nuint found;
        lock (_gate)
            fixed (sbyte* c = codes)
            fixed (float* d = distances)
            fixed (ulong* k = keys)
                found = UsearchLibrary.Search(_index, c, UsearchLibrary.Int8, (nuint)count, k, d, ref error);
        Check(error);
        return keys[..(int)found];
    }

    /// <summary>Writes it into a file.</summary>
    public void Save(string file)
    {
        nint error = 0;
        UsearchLibrary.Save(_index, file, ref error);
        Check(error);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        nint error = 0;
        if (_index != 0) UsearchLibrary.Free(_index, ref error);
        _index = 0;
        _slots.Dispose();
    }

    private void Check(nint error)
    {
        if (error != 0) throw new SearchException($"the index of near neighbours ({_dimension} values) cannot be used: {Marshal.PtrToStringUTF8(error)}");
    }
}
