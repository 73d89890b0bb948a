using System.Buffers.Binary;
using System.Numerics;
using NClip.Foundation;
using NClip.Graphs;

namespace NClip.Training.Runs;

/// <summary>A TensorBoard event file: records of length, checksum, an Event message, checksum. (tensorflow/core/util/event.proto, lib/io/record_writer.cc)</summary>
internal sealed class EventFile : IDisposable
{
    private readonly FileStream _file;

    /// <param name="path">Its name has to contain tfevents; a file that is there is begun anew.</param>
    /// <exception cref="ClipException">It cannot be written.</exception>
    public EventFile(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read);
            Record(Event(0).Text(3, "brain.Event:2"));
        }
        catch (Exception e) when (FileRefusal.Is(e))
        {
            throw new ClipException($"cannot be written: {FileRefusal.Why(e)}", path, e);
        }
    }

    /// <summary>Adds numbers of a step.</summary>
    public void Add(long step, IEnumerable<(string Tag, double Value)> scalars)
    {
        try
        {
            var summary = new ProtoMessage();
            foreach (var (tag, value) in scalars) summary.Message(1, new ProtoMessage().Text(1, tag).Float(2, (float)value));
            Record(Event(step).Message(5, summary));
        }
        catch (IOException e)
        {
            throw new ClipException($"cannot be written: {FileRefusal.Why(e)}", _file.Name, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static ProtoMessage Event(long step) => new ProtoMessage().Double(1, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0).Int(2, step);

    private void Record(ProtoMessage message)
    {
        var data = message.ToArray();
        Span<byte> head = stackalloc byte[12], tail = stackalloc byte[4];
        BinaryPrimitives.WriteInt64LittleEndian(head, data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], Checksum(head[..8]));
        BinaryPrimitives.WriteUInt32LittleEndian(tail, Checksum(data));
        _file.Write([.. head, .. data, .. tail]);
        _file.Flush();
    }

    /// <summary>CRC-32C, rotated and shifted, so that a checksum of checksums is not its own.</summary>
    internal static uint Checksum(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var b in data) crc = BitOperations.Crc32C(crc, b);
        return BitOperations.RotateRight(~crc, 15) + 0xA282EAD8;
    }
}
