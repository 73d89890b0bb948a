using System.Buffers.Binary;

namespace NClip.Text.SentencePiece;

/// <summary>Walks the fields of a protobuf message (protobuf.dev, Encoding): as much as a SentencePiece model needs. Never reads outside its bytes.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message, string? file)
{
    private readonly ReadOnlySpan<byte> _message = message;
    private int _at;

    /// <summary>Number of the field that <see cref="Next"/> stands on.</summary>
    public int Field { get; private set; }

    /// <summary>Value of a varint field; the bits of a fixed one.</summary>
    public ulong Value { get; private set; }

    /// <summary>Content of a length-delimited field: bytes, text or a message.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>An int32 or an enum.</summary>
    public readonly int Int32 => unchecked((int)Value);

    public readonly bool Bool => Value != 0;

    public readonly float Single => BitConverter.UInt32BitsToSingle(unchecked((uint)Value));

    /// <summary>Goes to the next field; false at the end.</summary>
    public bool Next()
    {
        if (_at == _message.Length)
            return false;
        var key = Varint();
        Field = (int)Math.Min(key >> 3, int.MaxValue);
        Bytes = default;
        Value = 0;
        switch (key & 7)
        {
            case 0:
                Value = Varint();
                break;
            case 1:
                Value = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                break;
            case 2:
                Bytes = Take(Varint());
                break;
            case 5:
                Value = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                break;
            default:
                throw Broken($"field {Field} has wire type {key & 7}");
        }
        if (Field == 0)
            throw Broken("a field has number 0");
        return true;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var b = Take(1)[0];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
                return value;
        }
        throw Broken("a number has more than 10 bytes");
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)(_message.Length - _at))
            throw Broken($"a field of {count} bytes begins where {_message.Length - _at} are left");
        var bytes = _message.Slice(_at, (int)count);
        _at += (int)count;
        return bytes;
    }

    private readonly TokenizerException Broken(string found) =>
        new($"not a SentencePiece model: at byte {_at} of a message of {_message.Length}, {found}. The file is cut or of another kind; download it again.", file);
}
