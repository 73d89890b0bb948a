using System.Runtime.InteropServices;
using System.Text;
using NClip.Checkpoints;
using NClip.Graphs;
using NClip.Inference;
using NClip.Text;
using NClip.Text.Cleaning;
using NClip.Text.HuggingFace;
using NClip.Text.WordPiece;
using NClip.Towers;
using NClip.Towers.Blocks;
using NClip.Towers.Text;
using static TorchSharp.torch;

namespace NClip.Training.Mini;

/// <summary>What the sentence encoder, which stands still, says of texts. It costs ten times what the words' tower does: each text is encoded once and kept on disk.</summary>
internal sealed class SentenceMemory : IDisposable
{
    /// <summary>Attention heads of all-MiniLM-L6-v2, which shapes do not show.</summary>
    public const int Heads = 12;

    private const int Batch = 64, Width = 384;

    private readonly string? _texts, _vectors;
    private readonly StateDict _weights;
    private readonly PartSession _session;
    private readonly TextPipeline _pipeline;
    private readonly Dictionary<string, int> _rows = new(StringComparer.Ordinal);
    private readonly List<Half[]> _known = [];
    private readonly List<string> _new = [];

    /// <param name="weights">all-MiniLM-L6-v2 in Hugging Face's names.</param>
    /// <param name="vocabulary">Its WordPiece vocabulary.</param>
    /// <param name="folder">Where what it said is kept; null: nowhere.</param>
    /// <param name="prefix">Before the names, where other tensors are in the file too.</param>
    public SentenceMemory(string weights, string vocabulary, string? folder, string prefix = "")
    {
        if (folder is not null)
        {
            (_texts, _vectors) = (Path.Combine(folder, "sentences.txt"), Path.Combine(folder, "sentences.f16"));
            Directory.CreateDirectory(folder);
        }
        _weights = StateDict.Open(weights);
        var own = _weights.Tensors.Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(t => ("bert." + t.Key[prefix.Length..], t.Value));
        var tensors = new ModelTensors(weights, Naming.OpenClip, own.ToDictionary(t => t.Item1, t => new ModelTensor(t.Item1, t.Value.Shape, [t.Value])));
        var part = new Towers.TextPart(BertSpec.Infer(tensors) with { Heads = Heads, Pooling = EncoderPooling.Mean, Context = MiniSpec.Context });
        _session = new PartSession(part, _ => PartGraph.Of(part, tensors), new TowerOptions(Threads: Environment.ProcessorCount));
        _pipeline = new TextPipeline(new WordPieceTokenizer(TokenizerFiles.ReadVocabularyLines(vocabulary), new BertCleaner(BertRules.HuggingFace)), part.Tower.UsualContext);
        Read();
    }

    /// <summary>Vectors of length 1, [N, 384].</summary>
    public Tensor Of(IReadOnlyList<string> texts)
    {
        string[] missing = [.. texts.Where(t => !_rows.ContainsKey(t)).Distinct().OrderBy(t => t.Length)];
        foreach (var part in missing.Chunk(Batch)) Encode(part);
        var all = new float[texts.Count * Width];
        for (var i = 0; i < texts.Count; i++)
            for (var (k, from) = (0, _known[_rows[texts[i]]]); k < Width; k++) all[(i * Width) + k] = (float)from[k];
        return tensor(all).reshape(texts.Count, Width);
    }

    /// <summary>Appends what is new to the files.</summary>
    public void Save()
    {
        if (_texts is null || _vectors is null) return;
        File.AppendAllLines(_texts, _new, new UTF8Encoding(false));
        using var to = new FileStream(_vectors, FileMode.Append);
        for (var i = _known.Count - _new.Count; i < _known.Count; i++) to.Write(MemoryMarshal.AsBytes(_known[i].AsSpan()));
        _new.Clear();
    }

    public void Dispose()
    {
        _session.Dispose();
        _weights.Dispose();
    }

    private void Encode(string[] texts)
    {
        var (ids, length) = (_pipeline.Tokenize(texts, ContextOverflow.Truncate), 1);
        for (var i = 0; i < texts.Length; i++) length = Math.Max(length, ids.AsSpan(i * MiniSpec.Context, MiniSpec.Context).LastIndexOfAnyExcept(0L) + 1);
        var (cut, features) = (new long[texts.Length * length], new float[texts.Length * Width]);
        for (var i = 0; i < texts.Length; i++) ids.AsSpan(i * MiniSpec.Context, length).CopyTo(cut.AsSpan(i * length));
        using (var rows = PartSession.Value<long>(cut, texts.Length, length)) _session.Run([rows], features, texts.Length, default);
        for (var i = 0; i < texts.Length; i++)
        {
            var vector = features.AsSpan(i * Width, Width);
            var norm = MathF.Sqrt(System.Numerics.Tensors.TensorPrimitives.SumOfSquares<float>(vector));
            var half = new Half[Width];
            for (var k = 0; k < Width; k++) half[k] = (Half)(vector[k] / norm);
            Add(texts[i], half);
            _new.Add(texts[i]);
        }
    }

    /// <summary>The files may be cut where a run ended between them: what both have counts.</summary>
    private void Read()
    {
        if (_texts is null || _vectors is null || !File.Exists(_texts) || !File.Exists(_vectors)) return;
        var texts = File.ReadAllLines(_texts);
        var bytes = File.ReadAllBytes(_vectors);
        var count = Math.Min(texts.Length, bytes.Length / (Width * 2));
        var values = MemoryMarshal.Cast<byte, Half>(bytes);
        for (var i = 0; i < count; i++) Add(texts[i], values.Slice(i * Width, Width).ToArray());
        if (count < texts.Length) File.WriteAllLines(_texts, texts.Take(count), new UTF8Encoding(false));
        if ((long)count * Width * 2 == bytes.Length) return;
        using var file = new FileStream(_vectors, FileMode.Open);
        file.SetLength((long)count * Width * 2);
    }

    private void Add(string text, Half[] vector)
    {
        _rows.TryAdd(text, _known.Count);
        _known.Add(vector);
    }
}
