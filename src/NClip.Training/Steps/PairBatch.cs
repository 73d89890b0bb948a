using System.Runtime.InteropServices;
using NClip.Architectures;
using NClip.Data;
using NClip.Text;
using static TorchSharp.torch;

namespace NClip.Training.Steps;

/// <summary>The pairs of one step as tensors.</summary>
/// <param name="Pixels">[N, 3, H, W].</param>
/// <param name="Tokens">[N, L].</param>
/// <param name="Captions">The texts.</param>
/// <param name="Labels">Class of each picture, below 0 for none: [N]; null where the run has no classes.</param>
internal sealed record PairBatch(Tensor Pixels, Tensor Tokens, IReadOnlyList<string> Captions, Tensor? Labels = null)
{
    /// <summary>Number of pairs.</summary>
    public int Count => (int)Pixels.shape[0];

    /// <summary>The batch of a loader on torch tensors; columns of tokens that no text's feature depends on are left out.</summary>
    /// <param name="batch">Pictures and captions.</param>
    /// <param name="spec">The model.</param>
    /// <param name="texts">Its tokenizer; longer texts are cut, as CLIP's training does.</param>
    /// <param name="classes">Class names to numbers, or null.</param>
    public static PairBatch Of(SampleBatch batch, ClipSpec spec, TextPipeline texts, IReadOnlyDictionary<string, int>? classes = null)
    {
        var pixels = empty([batch.Count, 3, batch.Height, batch.Width], ScalarType.Float32);
        MemoryMarshal.AsBytes(batch.Pixels.Span).CopyTo(pixels.bytes);
        var labels = classes is null ? null : tensor(batch.Samples.Select(s => s.Label is { } label && classes.TryGetValue(label, out var n) ? (long)n : -1).ToArray());
        return new PairBatch(pixels, Rows(texts.Tokenize(batch.Captions, ContextOverflow.Truncate), batch.Count, spec), batch.Captions, labels);
    }

    /// <summary>The pairs from..from + count.</summary>
    public PairBatch Part(int from, int count) => new(Pixels.narrow(0, from, count), Tokens.narrow(0, from, count), [.. Captions.Skip(from).Take(count)], Labels?.narrow(0, from, count));

    private static Tensor Rows(long[] ids, int count, ClipSpec spec)
    {
        var (length, used) = (ids.Length / count, 1);
        for (var i = 0; i < count && used < length; i++) used = Math.Max(used, spec.Text.UsedLength(ids.AsSpan(i * length, length)));
        return tensor(ids).reshape(count, length).narrow(1, 0, used).contiguous();
    }
}
