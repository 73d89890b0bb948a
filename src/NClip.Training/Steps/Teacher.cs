using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Text;
using NClip.Training.Distributed;
using NClip.Training.Operators;
using static TorchSharp.torch;

namespace NClip.Training.Steps;

/// <summary>A model whose distribution over a batch another one learns.</summary>
internal sealed class Teacher : IDisposable
{
    private readonly TorchModel _model;
    private readonly ClipSpec _student;
    private readonly Tensor _gain, _shift;

    /// <param name="path">Its folder or file.</param>
    /// <param name="student">Whose pixels the batches have: the teacher gets them as it wants them.</param>
    /// <exception cref="ClipException">It cannot be read.</exception>
    public Teacher(string path, ClipSpec student)
    {
        using var scope = NewDisposeScope();
        using var file = StateDict.Open(path);
        var tensors = NamingMap.Apply(file);
        var spec = SpecReader.Read(tensors, path, null);
        tensors.Check(spec);
        (_model, _student) = (TorchModel.Of(spec, tensors), student);
        var (own, theirs) = (spec.Preprocess, student.Preprocess);
        // (x·std + mean - ownMean) / ownStd
        _gain = Channels((i) => theirs.Std[i] / own.Std[i]);
        _shift = Channels((i) => (theirs.Mean[i] - own.Mean[i]) / own.Std[i]);
    }

    /// <summary>Its logits [N, N] of a batch, without gradient; several processes encode a share each.</summary>
    public Tensor Logits(PairBatch batch, Ranks ranks)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var pixels = (batch.Pixels * _gain).Plus(_shift);
        var spec = _model.Spec;
        if (batch.Count > 0 && (spec.Image.Height != _student.Image.Height || spec.Image.Width != _student.Image.Width))
            pixels = nn.functional.interpolate(pixels, [spec.Image.Height, spec.Image.Width], mode: InterpolationMode.Bicubic, align_corners: false);
        var (counts, width) = (batch.Counts ?? [batch.Count], _model.Spec.EmbedDim);
        string[] captions = [.. batch.Captions.Skip(counts.Take(ranks.Rank).Sum()).Take(batch.Count)];
        Tensor Encoded(Func<Tensor> features) => ranks.Rows(batch.Count == 0 ? zeros(0, width) : nn.functional.normalize(features(), dim: 1), counts);
        var images = Encoded(() => _model.EncodeImages(pixels));
        var texts = Encoded(() => _model.EncodeTexts(tensor(spec.Texts.Tokenize(captions, ContextOverflow.Truncate)).reshape(batch.Count, -1)));
        return (images.matmul(texts.t()) * _model.LogitScale).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _model.Dispose();
        _gain.Dispose();
        _shift.Dispose();
    }

    private static Tensor Channels(Func<int, float> value) => tensor(new[] { value(0), value(1), value(2) }).reshape(1, 3, 1, 1).DetachFromDisposeScope();
}
