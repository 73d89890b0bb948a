using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.VectorData;
using NClip.Search.Store;

namespace NClip.Search.VectorData;

/// <summary>
/// A picture as a vector store keeps it. Its properties are of the types that every store takes (text, whole numbers, floating point numbers); times are numbers for that reason.
/// Names and meanings are the same whatever the store, so that other programs can read them.
/// </summary>
public sealed class PictureRecord
{
    private static readonly DateTime _epoch = new(1970, 1, 1);

    /// <summary>The first 16 bytes of the SHA-256 of the path: a picture has one record, whoever writes it.</summary>
    public Guid Key { get; set; }

    /// <summary>The file's full path.</summary>
    public string Path { get; set; } = "";

    /// <summary>The file's size.</summary>
    public long Bytes { get; set; }

    /// <summary>What a text beside the file says of it, or null.</summary>
    public string? Caption { get; set; }

    /// <summary>Pixels across, as they are stored; null where the file does not say.</summary>
    public int? Width { get; set; }

    /// <summary>Pixels down, as they are stored; null where the file does not say.</summary>
    public int? Height { get; set; }

    /// <summary>When it was taken by the camera's own clock, in seconds from the beginning of 1970 on that clock; null where the file does not say.</summary>
    public long? Taken { get; set; }

    /// <summary>Maker and model, or null.</summary>
    public string? Camera { get; set; }

    /// <summary>Degrees north, or null.</summary>
    public double? Latitude { get; set; }

    /// <summary>Degrees east, or null.</summary>
    public double? Longitude { get; set; }

    /// <summary>1..8 as EXIF has it; 1 where the file says nothing.</summary>
    public int Orientation { get; set; } = 1;

    /// <summary>The first 16 bytes of the SHA-256 of the file, in hexadecimal: copies have the same.</summary>
    public string Content { get; set; } = "";

    /// <summary>The model whose vector it is, and the manner of reading pictures. A search looks at those of its own model alone.</summary>
    public string Model { get; set; } = "";

    /// <summary>By what the next run knows whether the file, or a text beside it, has changed.</summary>
    public string State { get; set; } = "";

    /// <summary>The picture's features, of length 1.</summary>
    public ReadOnlyMemory<float> Vector { get; set; }

    /// <summary>What a store must know to make a collection of pictures.</summary>
    /// <param name="dimensions">Values in a vector: those of the model (<c>clip.Spec.EmbedDim</c>).</param>
    /// <param name="distance">How the store compares vectors; one that it has. As they have length 1, cosine, dot product and Euclidean distance find the same. Default: cosine similarity.</param>
    /// <param name="index">The kind of index, one that the store has. Default: the store's.</param>
    public static VectorStoreCollectionDefinition Definition(int dimensions, string distance = DistanceFunction.CosineSimilarity, string? index = null) => new()
    {
        Properties =
        [
            new VectorStoreKeyProperty(nameof(Key), typeof(Guid)),
            new VectorStoreDataProperty(nameof(Path), typeof(string)),
            new VectorStoreDataProperty(nameof(Bytes), typeof(long)),
            new VectorStoreDataProperty(nameof(Caption), typeof(string)),
            new VectorStoreDataProperty(nameof(Width), typeof(int?)) { IsIndexed = true },
            new VectorStoreDataProperty(nameof(Height), typeof(int?)) { IsIndexed = true },
            new VectorStoreDataProperty(nameof(Taken), typeof(long?)) { IsIndexed = true },
            new VectorStoreDataProperty(nameof(Camera), typeof(string)) { IsIndexed = true },
            new VectorStoreDataProperty(nameof(Latitude), typeof(double?)) { IsIndexed = true },
            new VectorStoreDataProperty(nameof(Longitude), typeof(double?)) { IsIndexed = true },
            new VectorStoreDataProperty(nameof(Orientation), typeof(int)),
            new VectorStoreDataProperty(nameof(Content), typeof(string)) { IsIndexed = true },
            new VectorStoreDataProperty(nameof(Model), typeof(string)) { IsIndexed = true },
            new VectorStoreDataProperty(nameof(State), typeof(string)),
            new VectorStoreVectorProperty(nameof(Vector), typeof(ReadOnlyMemory<float>), dimensions) { DistanceFunction = distance, IndexKind = index },
        ],
    };

    /// <summary>What the file says of itself.</summary>
    public PictureFacts ToFacts() => new(Width, Height, Taken is { } t ? _epoch.AddSeconds(t) : null, Camera, Latitude, Longitude, Orientation) { Caption = Caption };

    /// <summary>The key of a path.</summary>
    internal static Guid KeyOf(string path) => new(SHA256.HashData(Encoding.UTF8.GetBytes(path)).AsSpan(0, 16), bigEndian: true);

    /// <summary>A time in seconds as <see cref="Taken"/> has it; of a part of a second the next whole one.</summary>
    internal static long Seconds(DateTime time) => (long)Math.Ceiling((time - _epoch).TotalSeconds);

    /// <summary>The content's hash.</summary>
    internal UInt128 Hash => UInt128.Parse(Content, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>The record of a file.</summary>
    internal static PictureRecord Of(StoredFile file, PictureFacts facts, ReadOnlyMemory<float> vector, string model) => new()
    {
        Key = KeyOf(file.Path),
        Path = file.Path,
        Bytes = file.Size,
        Caption = file.Caption,
        Width = facts.Width,
        Height = facts.Height,
        Taken = facts.Taken is { } t ? Seconds(t) : null,
        Camera = facts.Camera,
        Latitude = facts.Latitude,
        Longitude = facts.Longitude,
        Orientation = facts.Orientation,
        Content = file.Content!.Value.ToString("x32", CultureInfo.InvariantCulture),
        Model = model,
        State = string.Create(CultureInfo.InvariantCulture, $"{file.Modified} {file.Sidecar}"), // as text: some stores keep whole numbers in 53 bits
        Vector = vector,
    };

    /// <summary>The file as the index knows it.</summary>
    internal StoredFile ToFile()
    {
        var state = State.Split(' ');
        return new StoredFile(Path, Bytes, long.Parse(state[0], CultureInfo.InvariantCulture), Hash, null, long.Parse(state[1], CultureInfo.InvariantCulture), Caption);
    }
}
