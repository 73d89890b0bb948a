using NClip.Checkpoints;
using NClip.Training.Models;
using NClip.Training.RunFiles;
using NClip.Training.Tests.Runs;
using Xunit;

namespace NClip.Training.Tests.Models;

/// <summary>WiSE-FT: models between two.</summary>
public sealed class BlendedModelTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    [InlineData(1)]
    public void Every_weight_lies_between_the_two_rounded_once_and_the_folder_classifies(double alpha)
    {
        using var tiny = new TinyRun();
        TinyRun.Run(tiny.Settings("first", "steps=2"));
        TinyRun.Run(tiny.Settings("second", "steps=2", "seed=9"));
        BlendedModel.Write(tiny.Folder["first/model"], tiny.Folder["second/model"], alpha, tiny.Folder["blend"]);
        using var first = StateDict.Open(tiny.Folder["first/model"]);
        using var second = StateDict.Open(tiny.Folder["second/model"]);
        using var blend = StateDict.Open(tiny.Folder["blend"]);
        Assert.Equal(second.Tensors.Keys, blend.Tensors.Keys);
        foreach (var (name, tensor) in blend.Tensors)
            Assert.Equal(first.Tensors[name].ToFloat32().Zip(second.Tensors[name].ToFloat32(), (a, b) => (float)(((1 - alpha) * a) + (alpha * b))), tensor.ToFloat32());
        using var clip = Clip.Pretrained(tiny.Folder["blend"]);
        Assert.Equal(3, clip.Classify(tiny.Folder["pairs/00.png"], "red", "green", "blue").Ranked.Count);
    }

    [Fact]
    public void A_run_measures_and_writes_the_models_between_its_beginning_and_its_end()
    {
        using var tiny = new TinyRun();
        TinyRun.Run(tiny.Settings("first"));
        var settings = RunFile.Read(tiny.Folder.Write("fine.toml", $"""
            output = "fine"
            [model]
            init = "first/model"
            [[data.train]]
            source = "pairs"
            [[data.eval]]
            kind = "zero-shot"
            source = "classes"
            [train]
            batch = 8
            steps = 3
            lr = 1e-2
            wise_ft = [0.25, 0.5]
            """));
        var watcher = TinyRun.Run(settings);
        Assert.Equal(["wise_ft 0.25", "wise_ft 0.5"], watcher.Figures.Where(f => f.Name.Contains("wise_ft", StringComparison.Ordinal)).Select(f => f.Name[(f.Name.IndexOf(", ", StringComparison.Ordinal) + 2)..]));
        BlendedModel.Write(tiny.Folder["first/model"], tiny.Folder["fine/model"], 0.25, tiny.Folder["expected"]);
        foreach (var file in new[] { "open_clip_model.safetensors", "open_clip_config.json" })
            Assert.Equal(File.ReadAllBytes(tiny.Folder["expected/" + file]), File.ReadAllBytes(tiny.Folder["fine/wise-ft-0.25/" + file]));
        Assert.True(Directory.Exists(tiny.Folder["fine/wise-ft-0.5"]));
    }

    [Fact]
    public void Models_of_unlike_architecture_have_none_between_them_and_the_tensor_is_named()
    {
        using var tiny = new TinyRun();
        using var other = new TinyRun(TinyRun.Config.Replace("\"layers\": 1, \"width\": 16, \"head_width\"", "\"layers\": 2, \"width\": 16, \"head_width\"", StringComparison.Ordinal));
        TinyRun.Run(tiny.Settings("out", "steps=2"));
        TinyRun.Run(other.Settings("out", "steps=2"));
        var said = Assert.ThrowsAny<ClipException>(() => BlendedModel.Write(tiny.Folder["out/model"], other.Folder["out/model"], 0.5, tiny.Folder["blend"])).Message;
        Assert.Contains("resblocks.1", said);
        Assert.Contains("missing in the first model", said);
        Assert.False(Directory.Exists(tiny.Folder["blend"]));
    }

    [Fact]
    public void A_run_without_init_has_nothing_to_go_back_to()
    {
        using var tiny = new TinyRun();
        Assert.Contains("the run has no init", Assert.Throws<RunFileException>(() => tiny.Settings("out", "wise_ft=0.5")).Message);
    }
}
