using System.Globalization;
using System.Text;

namespace NClip.Text;

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

    public int VocabularySize => _model.Pieces.Count;

    public int[] Encode(string text)
    {
        var normalized = _normalizer.Normalize(text);
        var segments = new List<Segment>(normalized.Length / 3 + 4);
        _segmenter.Segment(normalized, segments);

        var ids = new List<int>(segments.Count);
        var afterUnknown = false;
        foreach (var (start, length, id) in segments)
        {
            var unknown = id == _model.UnknownId;
            if (unknown && _bytes is not null)
            {
                foreach (var b in normalized.AsSpan(start, length))
                    ids.Add(_bytes[b]);
            }
            else if (!unknown || !afterUnknown)
            {
                ids.Add(id);
            }
            afterUnknown = unknown;
        }
        return [.. ids];
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
        var ids = new int[256];
        Array.Fill(ids, -1);
        for (var id = 0; id < model.Pieces.Count; id++)
        {
            if (model.Pieces[id].Kind != PieceKind.Byte)
                continue;
            var name = model.Pieces[id].Text;
            if (name.Length != 6 || !name.StartsWith("<0x", StringComparison.Ordinal) || !byte.TryParse(name.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var b))
                throw new TokenizerException($"byte piece {id} is called '{name}'; expected '<0x00>' to '<0xFF>'. Download the file again.", model.File);
            ids[b] = id;
        }
        return ids;
    }
}
