namespace NClip.Training.Mini.Shards;

/// <summary>
/// The order into which Python's <c>random.Random(seed).shuffle</c> brings a list. The pictures of the wider sets were first drawn by it, and the figures that nclip-mini is
/// measured by are of that draw. (Matsumoto and Nishimura 1998: MT19937, begun by an array of one key; CPython's <c>shuffle</c> and <c>_randbelow_with_getrandbits</c>)
/// </summary>
internal sealed class PythonRandom
{
    private const int Size = 624, Middle = 397;

    private readonly uint[] _state = new uint[Size];
    private int _next = Size;

    /// <param name="seed">Begins the sequence.</param>
    public PythonRandom(uint seed)
    {
        _state[0] = 19650218;
        for (var i = 1; i < Size; i++) _state[i] = Stirred(i, 1812433253) + (uint)i;
        var at = 1;
        for (var k = 0; k < Size; k++, at = Following(at)) _state[at] = (_state[at] ^ Stirred(at, 1664525)) + seed;
        for (var k = 1; k < Size; k++, at = Following(at)) _state[at] = (_state[at] ^ Stirred(at, 1566083941)) - (uint)at;
        _state[0] = 1u << 31;
    }

    /// <summary>Brings a list into the order.</summary>
    public void Shuffle<T>(IList<T> list)
    {
        for (var i = list.Count - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (list[i], list[j]) = (list[j], list[i]);
        }
    }

    private uint Stirred(int i, uint factor) => (_state[i - 1] ^ (_state[i - 1] >> 30)) * factor;

    // The last element is carried to the first, and the second is next.
    private int Following(int i)
    {
        if (i < Size - 1) return i + 1;
        _state[0] = _state[Size - 1];
        return 1;
    }

    /// <summary>Numbers of as many bits as the limit has, until one is below it.</summary>
    private int Below(int limit)
    {
        var bits = 32 - int.LeadingZeroCount(limit);
        uint drawn;
        do drawn = Word() >> (32 - bits);
        while (drawn >= limit);
        return (int)drawn;
    }

    private uint Word()
    {
        if (_next == Size) Turn();
        var y = _state[_next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >> 18);
    }

    private void Turn()
    {
        for (var i = 0; i < Size; i++)
        {
            var y = (_state[i] & 0x80000000) | (_state[(i + 1) % Size] & 0x7fffffff);
            _state[i] = _state[(i + Middle) % Size] ^ (y >> 1) ^ ((y & 1) * 0x9908b0df);
        }
        _next = 0;
    }
}
