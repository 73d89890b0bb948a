using System.Numerics.Tensors;
using NClip.Foundation;
using NClip.Text;

namespace NClip;

/// <content>Texts to tokens, and to features.</content>
public sealed partial class Clip
{
    private const int Heard = 256; // texts tokenized between two looks at the cancellation token

    /// <summary>Texts as the model wants them: [N, context length].</summary>
    /// <exception cref="ContextOverflowException">A text is too long and the options say throw.</exception>
    public TokenBatch Tokenize(params IReadOnlyList<string> texts) => Tokenize(texts, CancellationToken.None);

    /// <summary>Texts as the model wants them: [N, context length].</summary>
    /// <exception cref="ContextOverflowException">A text is too long and the options say throw.</exception>
    /// <exception cref="ArgumentException">They are more than one array holds.</exception>
    public TokenBatch Tokenize(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        _model.ThrowIfDisposed();
        var (count, context) = (Given.All(texts, "text", "texts").Count, _model.Spec.Texts.Context.Length);
        if (count <= Heard) return new TokenBatch(_model.Spec.Texts.Tokenize(texts, _options.Overflow), count, context);
        if ((long)count * context > Array.MaxLength)
            throw new ArgumentException(FormattableString.Invariant($"{count} texts have {(long)count * context} tokens with their padding; one batch holds {Array.MaxLength}. Give fewer at a time."));
        var ids = new long[count * context];
        for (var i = 0; i < count; i += Heard)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _model.Spec.Texts.Tokenize([.. texts.Skip(i).Take(Heard)], _options.Overflow).CopyTo(ids, i * context);
        }
        return new TokenBatch(ids, count, context);
    }

    /// <summary>Features [N, D] of tokenized texts, not normalised (openai/CLIP's encode_text).</summary>
    public Matrix EncodeText(TokenBatch texts, CancellationToken cancellationToken = default)
    {
        var (ids, count, _) = Given.One(texts, "batch of texts");
        return new Matrix(count, Spec.EmbedDim, _model.EncodeTexts(ids, count, cancellationToken));
    }

    /// <summary>Features [N, D] of texts, not normalised. With <see cref="ContextOverflow.Chunk"/>, a long text's features are the mean of its pieces' unit features.</summary>
    /// <exception cref="ContextOverflowException">A text is too long and the options say throw.</exception>
    public Matrix EncodeText(params IReadOnlyList<string> texts) => EncodeText(texts, CancellationToken.None);

    /// <summary>Features [N, D] of texts, not normalised. With <see cref="ContextOverflow.Chunk"/>, a long text's features are the mean of its pieces' unit features.</summary>
    /// <exception cref="ContextOverflowException">A text is too long and the options say throw.</exception>
    public Matrix EncodeText(IReadOnlyList<string> texts, CancellationToken cancellationToken)
        => _options.Overflow == ContextOverflow.Chunk ? EncodeChunks(texts, cancellationToken) : EncodeText(Tokenize(texts, cancellationToken), cancellationToken);

    private Matrix EncodeChunks(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        _model.ThrowIfDisposed();
        var pieces = _model.Spec.Texts.TokenizeChunks(Given.All(texts, "text", "texts"));
        var features = EncodeText(new TokenBatch(pieces.Ids, pieces.Owners.Length, _model.Spec.Texts.Context.Length), cancellationToken);
        var unit = features.Normalized();
        var sums = new float[texts.Count * features.Columns];
        var counts = new int[texts.Count];
        for (var i = 0; i < pieces.Owners.Length; i++)
        {
            var at = sums.AsSpan(pieces.Owners[i] * features.Columns, features.Columns);
            TensorPrimitives.Add(at, unit.Row(i), at);
            counts[pieces.Owners[i]]++;
        }
        var first = 0; // row of a text's first piece
        for (var t = 0; t < counts.Length; first += counts[t++])
        {
            var at = sums.AsSpan(t * features.Columns, features.Columns);
            if (counts[t] == 1) features.Row(first).CopyTo(at); // a text that fits is encoded as always
            else TensorPrimitives.Divide(at, counts[t], at);
        }
        return new Matrix(texts.Count, features.Columns, sums);
    }
}
