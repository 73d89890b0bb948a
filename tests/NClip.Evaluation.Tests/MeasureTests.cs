using Xunit;

namespace NClip.Evaluation.Tests;

/// <summary>Figures against reference/fewshot/metrics and calibration.</summary>
public sealed class MeasureTests : IDisposable
{
    private readonly Golden _metrics = new("fewshot/metrics.safetensors"), _calibration = new("fewshot/calibration.safetensors");

    public void Dispose()
    {
        _metrics.Dispose();
        _calibration.Dispose();
    }

    [Fact]
    public void Classification_counts_the_first_of_equal_scores_and_only_classes_that_occur()
    {
        var (logits, labels) = (_metrics.Matrix("classification.logits"), _metrics.Integers("classification.labels"));
        var f = Classification.Measure(logits, labels);
        Assert.Equal(_metrics.One("classification.top1"), f.Top1, 12);
        Assert.Equal(_metrics.One("classification.top5"), f.Top5, 12);
        Assert.Equal(_metrics.One("classification.mean_per_class"), f.MeanPerClass, 12);
        Assert.Equal(_metrics.Integers("classification.confusion_true_by_predicted"), Classification.Confusion(logits, labels).Cast<int>());
    }

    [Fact]
    public void Retrieval_takes_any_of_a_picture_s_captions()
    {
        var f = RetrievalEvaluation.MeasureScores(_metrics.Matrix("retrieval.similarity"), _metrics.Integers("retrieval.caption_image"));
        foreach (var (k, text, image) in new[] { (1, f.TextToImage.R1, f.ImageToText.R1), (5, f.TextToImage.R5, f.ImageToText.R5), (10, f.TextToImage.R10, f.ImageToText.R10) })
        {
            Assert.Equal(_metrics.One($"retrieval.text_to_image.recall@{k}"), text, 12);
            Assert.Equal(_metrics.One($"retrieval.image_to_text.recall@{k}"), image, 12);
        }
        Assert.Equal(_metrics.One("retrieval.image_to_text.median_rank"), f.ImageToText.MedianRank);
    }

    [Fact]
    public void Retrieval_of_features_is_that_of_their_cosines_over_every_block()
    {
        var random = new Random(1);
        Matrix Random(int rows) => new(rows, 8, [.. Enumerable.Range(0, rows * 8).Select(_ => random.NextSingle() - 0.5f)]);
        var (images, texts) = (Random(600), Random(1300));
        int[] pictures = [.. Enumerable.Range(0, 1300).Select(i => i % 600)];
        Assert.Equal(RetrievalEvaluation.MeasureScores(images.Normalized().TimesTransposed(texts.Normalized()), pictures), RetrievalEvaluation.Measure(images, texts, pictures));
    }

    [Fact]
    public void Calibration_equals_the_reference_on_the_edges_of_bins_too()
    {
        var (p, labels) = (_calibration.Doubles("probs"), _calibration.Integers("labels"));
        CalibrationFigures Of(int bins) => Calibration.OfProbabilities(400, 5, i => p[(5 * i)..(5 * i + 5)], labels, bins);
        var f = Of(15);
        Assert.Equal(_calibration.One("ece15"), f.Ece, 12);
        Assert.Equal(_calibration.One("mce15"), f.Mce, 12);
        Assert.Equal(_calibration.One("ece10"), Of(10).Ece, 12);
        Assert.Equal(_calibration.One("nll"), f.Nll, 12);
        Assert.Equal(_calibration.One("brier"), f.Brier, 12);
        _calibration.AssertNear("ece15.bins_count_conf_acc", f.Bins.SelectMany(b => new[] { b.Count, b.Confidence, b.Accuracy }), 1e-12);
    }

    [Fact]
    public void The_temperature_is_that_of_the_least_likelihood()
    {
        var (logits, labels) = (_calibration.Matrix("logits"), _calibration.Integers("labels"));
        var t = Calibration.Temperature(logits, labels);
        Assert.Equal(_calibration.One("temperature.optimum"), t, 5);
        _calibration.AssertNear("temperature.nll_before_after", [Calibration.Measure(logits, labels).Nll, Calibration.Measure(logits, labels, t).Nll], 1e-7);
        _calibration.AssertNear("temperature.ece15_before_after", [Calibration.Measure(logits, labels).Ece, Calibration.Measure(logits, labels, t).Ece], 1e-6);
    }

    [Fact]
    public void A_label_that_is_no_class_is_named()
    {
        var e = Assert.Throws<EvaluationException>(() => Classification.Measure(new Matrix(2, 3, new float[6]), [0, 3]));
        Assert.Contains("label 1 is 3; the classes are 0..2", e.Message);
        Assert.Contains("2 rows and 1 labels", Assert.Throws<EvaluationException>(() => Classification.Measure(new Matrix(2, 3, new float[6]), [0])).Message);
    }
}
