using System.Text;
using NClip.Text.Bpe;

namespace NClip.Text.SentencePiece;

/// <summary>SentencePiece: normalize, segment, ids; unknown characters as one unknown token a run, or as their bytes. (Kudo and Richardson 2018)</summary>
internal sealed class SentencePieceTokenizer : ITokenizer
{
    private readonly SentencePieceModel _model;
    private readonly SentencePieceNormalizer _normalizer;
    private readonly ISegmenter _segmenter;
    private readonly int[]? _bytes;

    /// <param name="model">The model file's content.</param>
    /// <param name="dummyPrefix">Whether a blank goes in front of every text; null = as the model says.</param>
    public SentencePieceTokenizer(SentencePieceModel model, bool? dummyPrefix = null)
    {
        _model = model;
        var symbols = model.Pieces.Index().Where(p => p.Item.Kind == PieceKind.UserDefined).Select(p => KeyValuePair.Create(p.Item.Bytes, p.Index)).ToArray();
        var userDefined = symbols.Length == 0 ? null : new ByteTrie(symbols);
        _normalizer = new SentencePieceNormalizer(model, userDefined, dummyPrefix);
        _segmenter = model.Kind == SentencePieceKind.Unigram ? UnigramSegmenter.From(model) : new SentencePieceBpe(model, userDefined);
        _bytes = model.ByteFallback ? BytePieces(model) : null;
    }

    /// <summary>The model file's content.</summary>
    public SentencePieceModel Model => _model;

    public int VocabularySize => _model.Pieces.Count;

    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var normalized = _normalizer.Normalize(text);
        var segments = new List<Segment>(normalized.Length / 3 + 4);
        _segmenter.Segment(normalized, segments);

        var ids = new List<int>(segments.Count);
        AppendIds(normalized, segments, _model.UnknownId, _bytes, ids);
        return [.. ids];
    }

    /// <summary>Ids of segments in order: an unknown character as its bytes' pieces, else a run of them as one unknown piece.</summary>
    public static void AppendIds(ReadOnlySpan<byte> text, List<Segment> segments, int unknownId, int[]? bytePieces, List<int> ids)
    {
        var afterUnknown = false;
        foreach (var (start, length, id) in segments)
        {
            var unknown = id == unknownId;
            if (unknown && bytePieces is not null)
            {
                foreach (var b in text.Slice(start, length))
                    ids.Add(bytePieces[b]);
            }
            else if (!unknown || !afterUnknown)
            {
                ids.Add(id);
            }
            afterUnknown = unknown;
        }
    }

    public string Decode(ReadOnlySpan<int> ids)
    {
        var bytes = new List<byte>();
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)_model.Pieces.Count)
                bytes.AddRange("\uFFFD"u8);
            else if (_bytes is not null && Array.IndexOf(_bytes, id) is >= 0 and var b)
                bytes.Add((byte)b);
            else
                bytes.AddRange(_model.Pieces[id].Bytes);
        }
        var text = Encoding.UTF8.GetString([.. bytes]).Replace('\u2581', ' ');
        return _model.AddDummyPrefix && text.StartsWith(' ') ? text[1..] : text;
    }

    private static int[] BytePieces(SentencePieceModel model)
    {
        var ids = model.Pieces.Index().Where(p => p.Item.Kind == PieceKind.Byte).ToDictionary(p => p.Item.Text, p => p.Index);
        return ByteFallback.Ids(name => ids.TryGetValue(name, out var id) ? id : null)
            ?? throw new TokenizerException("the model falls back to bytes, but not all of its byte pieces are called '<0x00>' to '<0xFF>'. Download the file again.", model.File);
    }
}
