using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using NClip.Text.Cleaning;

namespace NClip.Text.SentencePiece;

/// <summary>
/// SentencePiece's precompiled_charsmap: rewriting rules in a double array (darts-clone), UTF-8 to UTF-8. The rules are the model's own;
/// its NFKC may not be today's, so they are read, never assumed.
/// </summary>
internal sealed class Charsmap
{
    private readonly uint[] _units;
    private readonly byte[] _replacements;

    private readonly string? _file;

    private Charsmap(uint[] units, byte[] replacements, string? file) => (_units, _replacements, _file) = (units, replacements, file);

    /// <summary>Layout: size of the array in bytes (uint32), the array, then replacement texts that each end in a zero byte.</summary>
    public static Charsmap Read(ReadOnlySpan<byte> bytes, string? file)
    {
        var size = bytes.Length < 4 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (size == 0 || size % 4 != 0 || size > (uint)(bytes.Length - 4))
            throw new TokenizerException($"the precompiled_charsmap of {bytes.Length} bytes gives its array {size} bytes, which does not fit. Download the file again.", file);
        var units = new uint[size / 4];
        for (var i = 0; i < units.Length; i++)
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(4 + 4 * i)..]);
        var replacements = bytes[(4 + (int)size)..].ToArray();
        if (replacements.Length == 0 || replacements[^1] != 0)
            throw new TokenizerException("the replacement texts of the precompiled_charsmap do not end in a zero byte. Download the file again.", file);
        return new Charsmap(units, replacements, file);
    }

    /// <summary>The bytes that <see cref="Read"/> makes it of.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[4 + (4 * _units.Length) + _replacements.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, 4 * (uint)_units.Length);
        for (var i = 0; i < _units.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4 + (4 * i)), _units[i]);
        _replacements.CopyTo(bytes, 4 + (4 * _units.Length));
        return bytes;
    }

    /// <summary>The longest rule at the beginning of <paramref name="text"/>; false if there is none.</summary>
    public bool TryMatch(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replacement, out int length)
    {
        length = 0;
        var value = 0u;
        var unit = _units[0];
        var position = Offset(unit);
        for (var i = 0; i < text.Length; i++)
        {
            position ^= text[i];
            if (position >= (uint)_units.Length)
                break;
            unit = _units[position];
            // The label of a node that is a leaf's value has the top bit set, so it equals no byte.
            if ((unit & 0x8000_00FF) != text[i])
                break;
            position ^= Offset(unit);
            if ((unit >> 8 & 1) == 0 || position >= (uint)_units.Length)
                continue;
            value = _units[position] & 0x7FFF_FFFF;
            length = i + 1;
        }
        // A rule that points outside the texts counts as none.
        if (length == 0 || value >= (uint)_replacements.Length)
        {
            replacement = default;
            length = 0;
            return false;
        }
        replacement = _replacements.AsSpan((int)value);
        replacement = replacement[..replacement.IndexOf((byte)0)];
        return true;
    }

    /// <summary>Rewrites a whole text: the longest rule at each place, else the character as it is.</summary>
    public string Apply(string text)
    {
        ReadOnlySpan<byte> left = Encoding.UTF8.GetBytes(text);
        var result = new ArrayBufferWriter<byte>(left.Length + 16);
        while (!left.IsEmpty)
        {
            if (!TryMatch(left, out var piece, out var length))
                piece = left[..(length = Utf8.Length(left[0], left.Length))];
            NormalizedLength.Check(result.WrittenCount + (long)piece.Length, _file);
            result.Write(piece);
            left = left[length..];
        }
        return Encoding.UTF8.GetString(result.WrittenSpan);
    }

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 512) >> 6);
}
