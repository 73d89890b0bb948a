using System.Runtime.InteropServices;
using NClip.Architectures;
using NClip.Data;
using NClip.Text;
using static TorchSharp.torch;

namespace NClip.Training.Steps;

/// <summary>The pairs of one step as tensors. Where several processes share a batch, pictures and tokens are this one's, texts and classes those of all.</summary>
/// <param name="Pixels">[n, 3, H, W].</param>
/// <param name="Tokens">[n, L].</param>
/// <param name="Captions">The texts, N.</param>
/// <param name="Labels">Class of each picture, below 0 for none: [N]; null where the run has no classes.</param>
/// <param name="Counts">Pairs of each process, which sum up to N; null for one.</param>
internal sealed record PairBatch(Tensor Pixels, Tensor Tokens, IReadOnlyList<string> Captions, Tensor? Labels = null, IReadOnlyList<int>? Counts = null)
{
    /// <summary>Number of pairs that are here.</summary>
    public int Count => (int)Pixels.shape[0];

    /// <summary>The batch of a loader on torch tensors; columns of tokens that no text's feature depends on are left out.</summary>
    /// <param name="batch">Pictures and captions.</param>
    /// <param name="spec">The model.</param>
    /// <param name="texts">Its tokenizer; longer texts are cut, as CLIP's training does.</param>
    /// <param name="classes">Class names to numbers, or null.</param>
    public static PairBatch Of(SharedBatch batch, ClipSpec spec, TextPipeline texts, IReadOnlyDictionary<string, int>? classes = null)
    {
        var own = batch.Own;
        var pixels = empty([own.Count, 3, own.Height, own.Width], ScalarType.Float32);
        MemoryMarshal.AsBytes(own.Pixels.Span).CopyTo(pixels.bytes);
        var labels = classes is null ? null : tensor(batch.Samples.Select(s => s.Label is { } label && classes.TryGetValue(label, out var n) ? (long)n : -1).ToArray());
        return new PairBatch(pixels, Rows(texts.Tokenize(own.Captions, ContextOverflow.Truncate), own.Count, spec), batch.Captions, labels, batch.Counts);
    }

    /// <summary>The pictures and tokens from..from + count, of the same batch.</summary>
    public PairBatch Part(int from, int count) => this with { Pixels = Pixels.narrow(0, from, count), Tokens = Tokens.narrow(0, from, count) };

    private static Tensor Rows(long[] ids, int count, ClipSpec spec)
    {
        if (count == 0) return zeros([0, 1], int64);
        var (length, used) = (ids.Length / count, 1);
        for (var i = 0; i < count && used < length; i++) used = Math.Max(used, spec.Text.UsedLength(ids.AsSpan(i * length, length)));
        return tensor(ids).reshape(count, length).narrow(1, 0, used).contiguous();
    }
}
