using System.Buffers.Binary;
using NClip.Tests;
using NClip.Training.Runs;
using Xunit;

namespace NClip.Training.Tests.Runs;

public sealed class EventFileTests
{
    [Fact]
    public void The_checksum_is_the_masked_crc_32c_of_tensorflow() => Assert.Equal(0xC78AB0E5u, EventFile.Checksum("123456789"u8));

    [Fact]
    public void Records_are_length_checksum_message_checksum()
    {
        using var folder = new TemporaryFolder();
        using (var events = new EventFile(folder["tensorboard/events.out.tfevents.0.nclip"])) events.Add(7, [("loss", 0.5)]);
        var (bytes, at, records) = (File.ReadAllBytes(folder["tensorboard/events.out.tfevents.0.nclip"]), 0, new List<byte[]>());
        while (at < bytes.Length)
        {
            var length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));
            Assert.Equal(EventFile.Checksum(bytes.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)));
            records.Add(bytes[(at + 12)..(at + 12 + length)]);
            Assert.Equal(EventFile.Checksum(records[^1]), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length)));
            at += 16 + length;
        }
        Assert.Equal(2, records.Count);
        Assert.EndsWith("brain.Event:2", System.Text.Encoding.Latin1.GetString(records[0]));
        // wall_time; step 7; summary { value { tag "loss", simple_value 0.5 } }
        Assert.Equal([0x10, 7, 0x2A, 13, 0x0A, 11, 0x0A, 4, .. "loss"u8, 0x15, 0, 0, 0, 0x3F], records[1][9..]);
    }
}
