using NClip.Checkpoints;
using NClip.Towers;

namespace NClip.Architectures;

/// <summary>A model's weights as their file stores them.</summary>
public sealed record ModelWeights
{
    internal ModelWeights(ModelTensors tensors, ClipSpec spec)
    {
        (File, Naming) = (tensors.File, tensors.Naming.ToString());
        Tensors = tensors.Tensors.ToDictionary(t => t.Key, t => t.Value.Parts);
        StoredBytes = Tensors.Values.SelectMany(parts => parts).SelectMany(p => p.Integers is { } rows ? [rows.Integers, rows.Scales] : new[] { p })
            .GroupBy(p => p.Type).ToDictionary(g => g.Key, g => g.Sum(p => p.ByteLength));
        (ImageParameters, TextParameters) = (Count(spec.Image.Tensors()), Count(spec.Text.Tensors()));
    }

    /// <summary>The file; of several shards the index.</summary>
    public string File { get; }

    /// <summary>Whose names the tensors have there: OpenAI, HuggingFace, ...</summary>
    public string Naming { get; }

    /// <summary>What is stored, by the tensors' canonical names (openai/CLIP's): one entry each, or the parts that make it where the file keeps them apart. Their bytes may be read until the model is disposed.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<TensorEntry>> Tensors { get; }

    /// <summary>Bytes of what is stored, by element type; of rows of integers, which are read as float32, those of the integers and their scales.</summary>
    public IReadOnlyDictionary<TensorType, long> StoredBytes { get; }

    /// <summary>Numbers in the image tower.</summary>
    public long ImageParameters { get; }

    /// <summary>Numbers in the text tower.</summary>
    public long TextParameters { get; }

    private static long Count(IEnumerable<ExpectedTensor> tensors) => tensors.Sum(t => t.Shape.Aggregate(1L, (a, b) => a * b));
}
