using System.Buffers;
using System.Text.Json;

namespace NClip.Data;

/// <summary>One picture with its texts, as a source gives it: encoded, not decoded.</summary>
public sealed class RawSample
{
    private byte[]? _rented;

    /// <summary>Name within its source: a shard member's name up to the first dot, a picture's path in a table or folder.</summary>
    public required string Key { get; init; }

    /// <summary>The shard, table or folder that it came from.</summary>
    public required string Source { get; init; }

    /// <summary>Number within its part of the source, from 0.</summary>
    public int Position { get; init; }

    /// <summary>The encoded picture (JPEG, PNG, WebP, ...), or empty where <see cref="ImagePath"/> says where it lies. Valid until <see cref="Release"/>.</summary>
    public ReadOnlyMemory<byte> Image { get; init; }

    /// <summary>The picture's file, or null where <see cref="Image"/> has its bytes.</summary>
    public string? ImagePath { get; init; }

    /// <summary>Texts that describe the picture; may be empty.</summary>
    public IReadOnlyList<string> Captions { get; init; } = [];

    /// <summary>Class of the picture as the source writes it, or null.</summary>
    public string? Label { get; init; }

    /// <summary>What else the source says of it (a shard's KEY.json), or null.</summary>
    public JsonElement? Facts { get; init; }

    /// <summary>Why the source cannot give this sample, or the rest of a damaged shard; null for a sample that is there.</summary>
    public string? Fault { get; init; }

    /// <summary>A sample, or the rest of a part, that cannot be read.</summary>
    internal static RawSample Broken(string key, string source, int position, string fault) => new() { Key = key, Source = source, Position = position, Fault = fault };

    /// <summary>The sample without its picture.</summary>
    internal RawSample WithoutImage() => new() { Key = Key, Source = Source, Position = Position, ImagePath = ImagePath, Captions = Captions, Label = Label, Facts = Facts, Fault = Fault };

    /// <summary>The pooled array behind <see cref="Image"/>.</summary>
    internal byte[]? Rented { init => _rented = value; }

    /// <summary>Returns the picture's buffer to the pool; <see cref="Image"/> must not be read afterwards. Without a call the garbage collector takes it.</summary>
    public void Release()
    {
        if (Interlocked.Exchange(ref _rented, null) is { } buffer) ArrayPool<byte>.Shared.Return(buffer);
    }
}
