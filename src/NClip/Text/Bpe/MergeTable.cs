namespace NClip.Text.Bpe;

/// <summary>
/// Pairs of ids and their ranks. Open addressing, one number a place: left id (21 bits), right id (21), rank (22). BPE looks up a dozen
/// pairs a word, so this is where it spends its time.
/// </summary>
internal sealed class MergeTable
{
    private const int IdBits = 21, RankBits = 22;

    /// <summary>How many ids there may be, and how many merges.</summary>
    public const int MaxIds = 1 << IdBits, MaxMerges = (1 << RankBits) - 1;

    private const ulong Empty = ulong.MaxValue;

    private ulong[] _places;
    private int _shift, _count;

    /// <param name="capacity">How many pairs are to come; more may.</param>
    public MergeTable(int capacity = 0)
    {
        var bits = 8;
        while (1 << bits < 2 * capacity) bits++;
        (_places, _shift) = Make(bits);
    }

    /// <summary>Adds a pair; one that is there already keeps its rank.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is beyond two million, or the rank beyond four million.</exception>
    public void Add(int left, int right, int rank)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(left, MaxIds);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(right, MaxIds);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, MaxMerges);
        if (Rank(left, right) >= 0) return;
        if (2 * ++_count > _places.Length) Grow();
        Put((Key(left, right) << RankBits) | (uint)rank);
    }

    /// <summary>The rank of a pair, or -1.</summary>
    public int Rank(int left, int right)
    {
        var key = Key(left, right);
        var places = _places;
        for (var at = Place(key); ; at = (at + 1) & (places.Length - 1))
        {
            var place = places[at];
            if (place >> RankBits == key) return (int)(place & ((1 << RankBits) - 1));
            if (place == Empty) return -1;
        }
    }

    /// <summary>All pairs by rank.</summary>
    public IEnumerable<(int Left, int Right)> Pairs()
    {
        const ulong id = MaxIds - 1;
        return _places.Where(p => p != Empty).OrderBy(p => p & MaxMerges).Select(p => ((int)(p >> (RankBits + IdBits) & id), (int)(p >> RankBits & id)));
    }

    private static (ulong[] Places, int Shift) Make(int bits)
    {
        var places = new ulong[1 << bits];
        Array.Fill(places, Empty);
        return (places, 64 - bits);
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << IdBits) | (uint)right;

    private int Place(ulong key) => (int)((key * 0x9E3779B97F4A7C15) >> _shift);

    private void Put(ulong place)
    {
        var at = Place(place >> RankBits);
        while (_places[at] != Empty) at = (at + 1) & (_places.Length - 1);
        _places[at] = place;
    }

    private void Grow()
    {
        var old = _places;
        (_places, _shift) = Make(64 - _shift + 1);
        foreach (var place in old)
            if (place != Empty) Put(place);
    }
}
