using NClip.Training.Mini.Shards;
using NClip.Training.Mini.Stages;

namespace NClip.Training.Mini;

/// <summary><c>nclip train mini</c>: the steps of the recipe of nclip-mini (models/nclip-mini/README.md has them in order).</summary>
internal static class MiniCommand
{
    private static readonly string[] _paths = ["--data", "--mirrors", "--wider", "--wordnet", "--prompts", "--work"];

    private static readonly (string Name, string Does, string[] Options, Action<RecipeCall, MiniPaths> Run)[] _steps =
    [
        ("fetch", "clones the public repositories that hold pictures to MIRRORS", [], Fetch),
        ("shards", "packs the pictures of MIRRORS to WIDER", [], Shards),
        ("text", "fits a text tower to a trunk", ["--trunk", "--features", "--output", "--steps", "--rate", "--batch", "--captions", "--pictures", "--caption-dropout", "--word-dropout", "--between", "--layers", "--start", "--views", "--choosing", "--sentences", "--classes", "--teacher", "--senses"], Text),
        ("tower", "trains the trunk", ["--start", "--layers", "--output", "--steps", "--rate", "--until", "--batch", "--micro-batch", "--others", "--coarse", "--average", "--last", "--same-crop"], Tower),
        ("mean", "the mean of two models", ["--start", "--second", "--output"], Mean),
        ("blend", "half the old trunk, half the new", ["--start", "--original", "--share", "--sharpen", "--output"], Blend),
        ("evaluate", "prints a model's figures", ["--start", "--features", "--layers"], Evaluate),
        ("export", "writes the model's folder", ["--start", "--layers", "--output", "--integers"], Export),
    ];

    /// <summary>Runs one step.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="RecipeCallException">The call names no step, or an option or value that is none.</exception>
    public static int Run(string[] words)
    {
        switch (words)
        {
            case [] or [.., "--help" or "-h"]:
                Console.WriteLine(Help());
                return 0;
            case ["run", var file, .. var options]:
                RecipeFile.Run(file, options, step => Run(step));
                return 0;
        }
        var step = _steps.FirstOrDefault(s => s.Name == words[0]);
        if (step.Run is null) throw new RecipeCallException($"'{words[0]}' is no step of mini. The steps are run, {string.Join(", ", _steps.Select(s => s.Name))}. See `nclip train mini --help`.");
        var call = new RecipeCall(step.Name, words.AsSpan(1), [.. _paths, .. step.Options]);
        var data = call.Text("--data", "../shared/data");
        step.Run(call, new MiniPaths(data, call.Text("--mirrors", "mirrors"), call.Text("--wider", "wider"), call.Text("--wordnet", "/usr/share/wordnet/data.noun"), call.Text("--prompts", Path.Combine(data, "../reference/tokenizer/prompts.json")), call.Text("--work", "work")));
        return 0;
    }

    private static string Help() => $"""
        nclip train mini STEP [--NAME VALUE]...: the recipe of nclip-mini.

          run FILE: takes the steps that a file has, a call a line; what is there already stays
        {string.Join('\n', _steps.Select(s => $"  {s.Name}: {s.Does}\n    {string.Join(' ', s.Options)}"))}

        Every step also takes {string.Join(' ', _paths)}.
        models/nclip-mini/README.md has the calls that made the model.
        """;

    private static void Fetch(RecipeCall call, MiniPaths paths) => PublicRepositories.Fetch(paths.Mirrors);

    private static void Shards(RecipeCall call, MiniPaths paths)
    {
        FurtherShards.Make(paths.Mirrors, paths.Wider);
        WiderShards.Make(paths.Mirrors, paths.Wider);
    }

    // What the call says is read before the sources are, which takes minutes.
    private static void Text(RecipeCall call, MiniPaths paths)
    {
        var options = new TextStage.Options(Steps: call.Whole("--steps", 1500), Rate: call.Number("--rate", 1.5e-3), Scale: call.Number("--batch", 1),
            Captions: call.Whole("--captions", 160), Pictures: call.Whole("--pictures", 128), CaptionDropout: call.Number("--caption-dropout", 0.1), WordDropout: call.Number("--word-dropout", 0), Between: call.Number("--between", 0),
            Classes: call.Whole("--classes", 160), Teacher: call.Whole("--teacher", 160), Senses: call.Whole("--senses", 128));
        var (layers, views, choosing, sentences) = (call.Whole("--layers", 2), call.Whole("--views", 0), call.Whole("--choosing", 0) == 1, call.Whole("--sentences", 0) == 1);
        new TextRecipe(new MiniRun(paths)).Fit(call.Text("--trunk", paths.Tower), call.Text("--features", "features"), call.Text("--output", Path.Combine(paths.Work, "text.safetensors")), options, layers, call.Text("--start"), views, choosing, sentences);
    }

    private static void Tower(RecipeCall call, MiniPaths paths)
    {
        var options = new TowerStage.Options(call.Whole("--steps", 5000), Batch: call.Whole("--batch", 64), Rate: call.Number("--rate", 1.5e-4), Average: call.Number("--average", 0.998), CoarseShare: call.Number("--coarse", 0.35), Until: call.Time("--until"),
            MicroBatch: call.Whole("--micro-batch", 16), LastShare: call.Number("--last", 0.12), Others: call.Whole("--others", 511), TeacherSeesCrop: call.Whole("--same-crop", 0) == 1);
        var layers = call.Whole("--layers", 2);
        new TowerRecipe(new MiniRun(paths)).Train(call.Text("--start", Path.Combine(paths.Work, "text.safetensors")), layers, call.Text("--output", Path.Combine(paths.Work, "tower.safetensors")), options);
    }

    private static void Blend(RecipeCall call, MiniPaths paths) => TrunkBlend.Write(
        call.Text("--original", paths.Tower), call.Text("--start", Path.Combine(paths.Work, "tower.average.safetensors")), call.Number("--share", 0.5), call.Number("--sharpen", 2), call.Text("--output", Path.Combine(paths.Work, "trunk.safetensors")));

    private static void Mean(RecipeCall call, MiniPaths paths) => TrunkBlend.Mean(
        [call.Text("--start", Path.Combine(paths.Work, "first.safetensors")), call.Text("--second", Path.Combine(paths.Work, "second.safetensors"))], call.Text("--output", Path.Combine(paths.Work, "mean.safetensors")));

    private static void Evaluate(RecipeCall call, MiniPaths paths)
    {
        var layers = call.Whole("--layers", 2);
        new TextRecipe(new MiniRun(paths)).Evaluate(call.Text("--start", Path.Combine(paths.Work, "text.safetensors")), call.Text("--features", "features"), layers);
    }

    private static void Export(RecipeCall call, MiniPaths paths) => new MiniExport(paths).Write(
        call.Text("--start", Path.Combine(paths.Work, "text.safetensors")), call.Whole("--layers", 2), call.Text("--output", Path.Combine(paths.Work, "nclip-mini")), call.Whole("--integers", 0) == 1);
}
