using System.Buffers.Binary;

namespace NClip.Tests.Images;

/// <summary>Writes small TIFFs, little endian: tags of 32-bit numbers, and strips or tiles behind them.</summary>
internal sealed class TiffFile(int width, int height, int bits, int samples, int photometric)
{
    private readonly SortedDictionary<int, uint[]> _tags = new()
    {
        [256] = [(uint)width], [257] = [(uint)height], [258] = [.. Enumerable.Repeat((uint)bits, samples)], [259] = [1], [262] = [(uint)photometric], [277] = [(uint)samples], [278] = [(uint)height],
    };

    public TiffFile With(int tag, params uint[] values)
    {
        _tags[tag] = values;
        return this;
    }

    /// <summary>The file with its strips.</summary>
    public byte[] Strips(params byte[][] strips) => Write(273, 279, strips);

    /// <summary>The file with its tiles; all of them the first where only one is given.</summary>
    public byte[] Tiles(int side, int count, params byte[][] tiles)
    {
        With(322, (uint)side).With(323, (uint)side);
        return Write(324, 325, tiles.Length == count ? tiles : [.. Enumerable.Repeat(tiles[0], count)]);
    }

    private byte[] Write(int offsets, int counts, byte[][] blocks)
    {
        With(offsets, new uint[blocks.Length]).With(counts, [.. blocks.Select(b => (uint)b.Length)]);
        var at = 8 + 2 + (12 * _tags.Count) + 4 + _tags.Values.Sum(v => v.Length > 1 ? 4 * v.Length : 0);
        var places = new Dictionary<byte[], uint>(ReferenceEqualityComparer.Instance);
        using var pixels = new MemoryStream();
        foreach (var block in blocks)
            if (places.TryAdd(block, (uint)(at + pixels.Length))) pixels.Write(block);
        _tags[offsets] = [.. blocks.Select(b => places[b])];

        using var file = new MemoryStream();
        file.Write("II*\0"u8);
        Put32(file, 8);
        Put16(file, _tags.Count);
        var extra = (uint)(8 + 2 + (12 * _tags.Count) + 4);
        foreach (var (tag, values) in _tags)
        {
            Put16(file, tag);
            Put16(file, 4);
            Put32(file, (uint)values.Length);
            Put32(file, values.Length == 1 ? values[0] : extra);
            if (values.Length > 1) extra += 4 * (uint)values.Length;
        }
        Put32(file, 0);
        foreach (var values in _tags.Values.Where(v => v.Length > 1))
            foreach (var v in values) Put32(file, v);
        pixels.WriteTo(file);
        return file.ToArray();
    }

    private static void Put16(MemoryStream to, int v)
    {
        Span<byte> b = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(b, (ushort)v);
        to.Write(b);
    }

    private static void Put32(MemoryStream to, uint v)
    {
        Span<byte> b = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(b, v);
        to.Write(b);
    }
}
