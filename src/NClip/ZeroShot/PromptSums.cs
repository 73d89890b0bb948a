using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace NClip.ZeroShot;

/// <summary>
/// Sums of the unit features of each class's prompts, one prompt after the other in their order, so that they are the same to the bit however the
/// prompts fall into groups. A name of several classes is encoded once.
/// </summary>
internal sealed class PromptSums(Func<IReadOnlyList<string>, CancellationToken, Matrix> encode, int width, int group, PromptTemplates templates, IReadOnlyList<LabelClass> classes)
{
    private readonly float[][] _sums = new float[classes.Count][];
    private readonly Dictionary<string, int> _uses = Uses(classes);
    private readonly Dictionary<string, float[]> _kept = new(StringComparer.Ordinal); // unit features of prompts that come again

    // The group that is being filled: prompts to encode, and which of their features or of the kept ones are to be added to which sum.
    private readonly Dictionary<string, int> _rows = new(StringComparer.Ordinal);
    private readonly List<string> _prompts = [];
    private readonly List<(int Class, int Row, float[]? Kept)> _steps = [];
    private readonly List<(string Prompt, int Row)> _keep = [];

    /// <summary>The sums [D], in the order of the classes.</summary>
    public float[][] Sum(IProgress<PromptProgress>? progress, CancellationToken cancellation)
    {
        var (done, total) = (0L, classes.Sum(c => c.Names.Sum(n => (long)templates.For(n).Count)));
        for (var c = 0; c < classes.Count; c++)
        {
            _sums[c] = new float[width];
            foreach (var name in classes[c].Names)
                foreach (var prompt in templates.Fill(name))
                {
                    Add(c, prompt, again: _uses[name] > 1);
                    if (_prompts.Count == group || _steps.Count == 16 * group) Flush();
                }
        }
        Flush();
        return _sums;

        void Flush()
        {
            if (_steps.Count == 0) return;
            cancellation.ThrowIfCancellationRequested();
            EncodeGroup(cancellation);
            progress?.Report(new(done += _steps.Count, total));
            _rows.Clear();
            _prompts.Clear();
            _steps.Clear();
            _keep.Clear();
        }
    }

    private static Dictionary<string, int> Uses(IReadOnlyList<LabelClass> classes)
    {
        var uses = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var name in classes.SelectMany(c => c.Names)) CollectionsMarshal.GetValueRefOrAddDefault(uses, name, out _)++;
        return uses;
    }

    private void Add(int @class, string prompt, bool again)
    {
        if (_kept.TryGetValue(prompt, out var kept))
        {
            _steps.Add((@class, -1, kept));
            return;
        }
        ref var row = ref CollectionsMarshal.GetValueRefOrAddDefault(_rows, prompt, out var met);
        if (!met)
        {
            row = _prompts.Count;
            _prompts.Add(prompt);
            if (again) _keep.Add((prompt, row));
        }
        _steps.Add((@class, row, null));
    }

    private void EncodeGroup(CancellationToken cancellation)
    {
        var features = _prompts.Count > 0 ? encode([.. _prompts], cancellation).Normalized() : null;
        foreach (var (c, row, kept) in _steps) TensorPrimitives.Add(_sums[c], kept ?? features!.Row(row), _sums[c]);
        foreach (var (prompt, row) in _keep) _kept[prompt] = features!.Row(row).ToArray();
    }
}
