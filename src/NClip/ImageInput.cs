using NClip.Foundation;
using NClip.Images;

namespace NClip;

/// <summary>
/// A picture to read: a file, the bytes of one, a stream of them, or pixels in memory. A name, bytes and an <see cref="RgbImage"/> become one by themselves:
/// <c>clip.Classify("photo.jpg", ...)</c>, <c>clip.Classify(bytes, ...)</c>. Nothing is read before the picture is wanted.
/// </summary>
public sealed class ImageInput
{
    private readonly Reader _read;

    private ImageInput(string? name, Reader read) => (Name, _read) = (name, read);

    private delegate PictureSize Reader(ImagePipeline pipeline, Span<float> destination, string name);

    /// <summary>What messages and answers call it: the file as it was given, the name given with bytes or a stream, or null: its place among the others.</summary>
    public string? Name { get; }

    /// <summary>A file.</summary>
    public static implicit operator ImageInput(string file) => From(file);

    /// <summary>The bytes of a picture file (JPEG, PNG, ...).</summary>
    public static implicit operator ImageInput(byte[] encoded) => From((ReadOnlyMemory<byte>)Given.One(encoded, "array of a picture's bytes"));

    /// <summary>The bytes of a picture file (JPEG, PNG, ...).</summary>
    public static implicit operator ImageInput(ReadOnlyMemory<byte> encoded) => From(encoded);

    /// <summary>Pixels in memory.</summary>
    public static implicit operator ImageInput(RgbImage pixels) => From(pixels);

    /// <summary>A file.</summary>
    /// <exception cref="ArgumentException">The name is null.</exception>
    public static ImageInput From(string file)
    {
        Given.One(file, "name of a picture's file");
        return new(file, (pipeline, to, _) => pipeline.Process(file, to));
    }

    /// <summary>A file that is looked at before it is read; what <paramref name="check"/> throws is this picture's failure.</summary>
    internal static ImageInput From(string file, Action<string> check) => new(file, (pipeline, to, _) =>
    {
        check(file);
        return pipeline.Process(file, to);
    });

    /// <summary>The bytes of a picture file (JPEG, PNG, ...).</summary>
    /// <param name="encoded">The bytes; they are read when the picture is wanted.</param>
    /// <param name="name">What messages and answers call it, or null.</param>
    public static ImageInput From(ReadOnlyMemory<byte> encoded, string? name = null) => new(name, (pipeline, to, called) => pipeline.Process(encoded, to, called));

    /// <summary>A stream of a picture file's bytes, from where it stands to its end. It is read once, when the picture is wanted, and stays open; it need not be seekable.</summary>
    /// <param name="encoded">The stream.</param>
    /// <param name="name">What messages and answers call it, or null.</param>
    /// <exception cref="ArgumentException">The stream is null.</exception>
    public static ImageInput From(Stream encoded, string? name = null)
    {
        Given.One(encoded, "stream of a picture");
        return new(name, (pipeline, to, called) => pipeline.Process(encoded, to, called));
    }

    /// <summary>Pixels in memory.</summary>
    /// <param name="pixels">The picture as a person sees it.</param>
    /// <param name="name">What messages and answers call it, or null.</param>
    /// <exception cref="ArgumentException">The picture is null.</exception>
    public static ImageInput From(RgbImage pixels, string? name = null)
    {
        Given.One(pixels, "picture");
        return new(name, (pipeline, to, _) => pipeline.Process(pixels, to));
    }

    /// <summary>What it is called as number <paramref name="index"/> of several.</summary>
    internal string NameAt(int index) => Name ?? FormattableString.Invariant($"picture {index}");

    /// <summary>Reads it as the model wants it. Whatever fails is this picture's failure.</summary>
    /// <returns>The size that it has then.</returns>
    /// <exception cref="ImageException">It cannot be read; the message says its name and why.</exception>
    internal PictureSize Read(ImagePipeline pipeline, Span<float> destination, int index)
    {
        try
        {
            return _read(pipeline, destination, NameAt(index));
        }
        catch (Exception e) when (e is not (ImageException or OperationCanceledException))
        {
            throw Failed(index, e);
        }
    }

    /// <summary>An error that no decoder foresaw, as this picture's.</summary>
    internal ImageException Failed(int index, Exception cause) => new($"it cannot be encoded: {cause.Message}", NameAt(index), cause);
}
