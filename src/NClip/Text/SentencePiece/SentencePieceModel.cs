using System.Text;
using NClip.Text.Bpe;
using NClip.Text.HuggingFace;

namespace NClip.Text.SentencePiece;

/// <summary>What a piece is for (sentencepiece_model.proto).</summary>
internal enum PieceKind
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>One entry of a SentencePiece vocabulary; its index is its id.</summary>
internal readonly record struct Piece(byte[] Bytes, float Score, PieceKind Kind)
{
    public string Text => Encoding.UTF8.GetString(Bytes);
}

/// <summary>How a SentencePiece model cuts.</summary>
internal enum SentencePieceKind
{
    Unigram = 1,
    Bpe = 2,
}

/// <summary>A spiece.model / tokenizer.model file: pieces, kind of segmentation, normalization. (sentencepiece_model.proto)</summary>
internal sealed class SentencePieceModel
{
    private static readonly UTF8Encoding _strict = new(false, throwOnInvalidBytes: true);

    public List<Piece> Pieces { get; } = [];

    public SentencePieceKind Kind { get; private set; } = SentencePieceKind.Unigram;

    /// <summary>Unknown characters become their bytes' pieces.</summary>
    public bool ByteFallback { get; private set; }

    public Charsmap? Charsmap { get; private set; }

    /// <summary>A blank is put in front.</summary>
    public bool AddDummyPrefix { get; private set; } = true;

    public bool RemoveExtraWhitespace { get; private set; } = true;

    /// <summary>Blanks become U+2581.</summary>
    public bool EscapeWhitespace { get; private set; } = true;

    public int UnknownId { get; private set; } = -1;

    /// <summary>Id of the end token, or null.</summary>
    public int? EndId { get; private set; } = 2;

    /// <summary>Id of the padding token, or null.</summary>
    public int? PadId { get; private set; }

    /// <summary>The file it was read from, for errors.</summary>
    public string? File { get; private init; }

    public static SentencePieceModel Read(string path) => Parse(TokenizerFiles.ReadBytes(path), path);

    public static SentencePieceModel Parse(ReadOnlySpan<byte> bytes, string? file = null)
    {
        var model = new SentencePieceModel { File = file };
        var reader = new ProtobufReader(bytes, file);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    if (model.Pieces.Count == MergeTable.MaxIds)
                        throw new TokenizerException($"the model has more than {MergeTable.MaxIds} pieces. Check that this is the tokenizer's file.", file);
                    model.Pieces.Add(ParsePiece(reader.Bytes, model.Pieces.Count, file));
                    break;
                case 2:
                    model.ParseTrainer(reader.Bytes);
                    break;
                case 3:
                    model.ParseNormalizer(reader.Bytes);
                    break;
                default:
                    break;
            }
        }
        model.Check();
        return model;
    }

    private static Piece ParsePiece(ReadOnlySpan<byte> message, int id, string? file)
    {
        byte[] bytes = [];
        var score = 0f;
        var kind = PieceKind.Normal;
        var reader = new ProtobufReader(message, file);
        while (reader.Next())
        {
            if (reader.Field == 1)
                bytes = reader.Bytes.ToArray();
            else if (reader.Field == 2)
                score = reader.Single;
            else if (reader.Field == 3)
                kind = (PieceKind)reader.Int32;
        }
        if (bytes.Length == 0 || bytes.AsSpan().Contains((byte)0))
            throw new TokenizerException($"piece {id} is empty or has a zero byte. Download the file again.", file);
        if (!float.IsFinite(score))
            throw new TokenizerException($"piece {id} has the score {score}; expected a finite number. Download the file again.", file);
        if (!Enum.IsDefined(kind))
            throw new TokenizerException($"piece {id} is of kind {(int)kind}; kinds 1 to 6 are known. Download the file again.", file);
        try
        {
            _ = _strict.GetCharCount(bytes);
        }
        catch (ArgumentException e)
        {
            throw new TokenizerException($"piece {id} is not UTF-8. Download the file again.", file, e);
        }
        return new Piece(bytes, score, kind);
    }

    private void ParseTrainer(ReadOnlySpan<byte> message)
    {
        var reader = new ProtobufReader(message, File);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3:
                    Kind = (SentencePieceKind)reader.Int32;
                    break;
                case 24 when reader.Bool:
                    throw new TokenizerException("the model marks blanks behind words (treat_whitespace_as_suffix); NClip reads models that mark them in front.", File);
                case 35:
                    ByteFallback = reader.Bool;
                    break;
                case 42:
                    EndId = reader.Int32 >= 0 ? reader.Int32 : null;
                    break;
                case 43:
                    PadId = reader.Int32 >= 0 ? reader.Int32 : null;
                    break;
                default:
                    break;
            }
        }
    }

    private void ParseNormalizer(ReadOnlySpan<byte> message)
    {
        var reader = new ProtobufReader(message, File);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2:
                    Charsmap = reader.Bytes.IsEmpty ? null : Charsmap.Read(reader.Bytes, File);
                    break;
                case 3:
                    AddDummyPrefix = reader.Bool;
                    break;
                case 4:
                    RemoveExtraWhitespace = reader.Bool;
                    break;
                case 5:
                    EscapeWhitespace = reader.Bool;
                    break;
                default:
                    break;
            }
        }
    }

    private void Check()
    {
        if (!Enum.IsDefined(Kind))
            throw new TokenizerException($"the model is of kind {(int)Kind}; NClip reads 1 (unigram) and 2 (BPE).", File);
        var seen = new HashSet<byte[]>(new Utf8.Comparer());
        var bytes = 0;
        for (var id = 0; id < Pieces.Count; id++)
        {
            if (!seen.Add(Pieces[id].Bytes))
                throw new TokenizerException($"piece {id} ('{Excerpt.Of(Pieces[id].Text)}') is there twice. Download the file again.", File);
            if (Pieces[id].Kind == PieceKind.Byte)
                bytes++;
            if (Pieces[id].Kind != PieceKind.Unknown)
                continue;
            if (UnknownId >= 0)
                throw new TokenizerException($"pieces {UnknownId} and {id} are both the unknown piece; expected one. Download the file again.", File);
            UnknownId = id;
        }
        if (UnknownId < 0)
            throw new TokenizerException($"not a SentencePiece model: none of its {Pieces.Count} pieces is the unknown one. Check that this is a spiece.model or tokenizer.model file.", File);
        if (ByteFallback && bytes != 256)
            throw new TokenizerException($"the model falls back to bytes but has {bytes} byte pieces; expected 256. Download the file again.", File);
        if (!Pieces.Exists(p => p.Kind == PieceKind.Normal))
            throw new TokenizerException("the model has no ordinary pieces. Download the file again.", File);
        EndId = EndId < Pieces.Count ? EndId : null;
        PadId = PadId < Pieces.Count ? PadId : null;
    }
}
