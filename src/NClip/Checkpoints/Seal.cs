namespace NClip.Checkpoints;

/// <summary>The last tensor of a safetensors file that must be as it was written: the hash of every byte before it, header included.</summary>
internal static class Seal
{
    /// <summary>Its name; no canonical tensor is called so.</summary>
    public const string Name = "nclip.seal";

    /// <summary>True where the file ends in a seal and no byte before it has changed since.</summary>
    public static bool Holds(StateDict file, CancellationToken cancellation) =>
        file.Files is [var only]
        && file.Tensors.TryGetValue(Name, out var seal) && seal is { Type: TensorType.UInt8, ByteLength: ContentHash.Size }
        && seal.Offset + ContentHash.Size == only.Content.Length
        && seal.Bytes().Span.SequenceEqual(ContentHash.Of(only.Content, seal.Offset, cancellation));
}
