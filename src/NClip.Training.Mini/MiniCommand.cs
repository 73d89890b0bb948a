using NClip.Training.Mini.Stages;

namespace NClip.Training.Mini;

/// <summary><c>nclip train mini</c>: the steps of the recipe of nclip-mini (models/nclip-mini/README.md has them in order).</summary>
internal static class MiniCommand
{
    private static readonly string[] _paths = ["--data", "--wider", "--wordnet", "--prompts", "--work"];

    private static readonly (string Name, string Does, string[] Options, Action<RecipeCall, MiniPaths> Run)[] _steps =
    [
        ("text", "fits a text tower to a trunk", ["--trunk", "--features", "--output", "--steps", "--rate", "--batch", "--captions", "--pictures", "--caption-dropout", "--word-dropout", "--between", "--layers", "--start", "--views", "--choosing"], Text),
        ("tower", "trains the trunk", ["--start", "--layers", "--output", "--steps", "--rate", "--until"], Tower),
        ("blend", "half the old trunk, half the new", ["--start", "--share", "--sharpen", "--output"], Blend),
        ("evaluate", "prints a model's figures", ["--start", "--features", "--layers"], Evaluate),
        ("export", "writes the model's folder", ["--start", "--layers", "--output"], Export),
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
            case ["shards", var mirrors, var target]:
                FurtherShards.Make(mirrors, target);
                return 0;
            case ["shards", ..]:
                throw new RecipeCallException("shards needs two folders: MIRRORS, the clones, and WIDER, where the shards go.");
        }
        var step = _steps.FirstOrDefault(s => s.Name == words[0]);
        if (step.Run is null) throw new RecipeCallException($"'{words[0]}' is no step of mini. The steps are shards, {string.Join(", ", _steps.Select(s => s.Name))}. See `nclip train mini --help`.");
        var call = new RecipeCall(step.Name, words.AsSpan(1), [.. _paths, .. step.Options]);
        var data = call.Text("--data", "../shared/data");
        step.Run(call, new MiniPaths(data, call.Text("--wider", "wider"), call.Text("--wordnet", "/usr/share/wordnet/data.noun"), call.Text("--prompts", Path.Combine(data, "../reference/tokenizer/prompts.json")), call.Text("--work", "work")));
        return 0;
    }

    private static string Help() => $"""
        nclip train mini STEP [--NAME VALUE]...: the recipe of nclip-mini.

          shards MIRRORS WIDER: packs six public picture sets
        {string.Join('\n', _steps.Select(s => $"  {s.Name}: {s.Does}\n    {string.Join(' ', s.Options)}"))}

        Every step but shards also takes {string.Join(' ', _paths)}.
        models/nclip-mini/README.md has the calls that made the model.
        """;

    // What the call says is read before the sources are, which takes minutes.
    private static void Text(RecipeCall call, MiniPaths paths)
    {
        var options = new TextStage.Options(Steps: call.Whole("--steps", 1500), Rate: call.Number("--rate", 1.5e-3), Scale: call.Number("--batch", 1),
            Captions: call.Whole("--captions", 160), Pictures: call.Whole("--pictures", 128), CaptionDropout: call.Number("--caption-dropout", 0.1), WordDropout: call.Number("--word-dropout", 0), Between: call.Number("--between", 0));
        var (layers, views, choosing) = (call.Whole("--layers", 2), call.Whole("--views", 0), call.Whole("--choosing", 0) == 1);
        new TextRecipe(new MiniRun(paths)).Fit(call.Text("--trunk", paths.Tower), call.Text("--features", "features"), call.Text("--output", Path.Combine(paths.Work, "text.safetensors")), options, layers, call.Text("--start"), views, choosing);
    }

    private static void Tower(RecipeCall call, MiniPaths paths)
    {
        var options = new TowerStage.Options(call.Whole("--steps", 5000), Rate: call.Number("--rate", 1.5e-4), Until: call.Time("--until"));
        var layers = call.Whole("--layers", 2);
        new TowerRecipe(new MiniRun(paths)).Train(call.Text("--start", Path.Combine(paths.Work, "text.safetensors")), layers, call.Text("--output", Path.Combine(paths.Work, "tower.safetensors")), options);
    }

    private static void Blend(RecipeCall call, MiniPaths paths) => TrunkBlend.Write(
        paths.Tower, call.Text("--start", Path.Combine(paths.Work, "tower.average.safetensors")), call.Number("--share", 0.5), call.Number("--sharpen", 2), call.Text("--output", Path.Combine(paths.Work, "trunk.safetensors")));

    private static void Evaluate(RecipeCall call, MiniPaths paths)
    {
        var layers = call.Whole("--layers", 2);
        new TextRecipe(new MiniRun(paths)).Evaluate(call.Text("--start", Path.Combine(paths.Work, "text.safetensors")), call.Text("--features", "features"), layers);
    }

    private static void Export(RecipeCall call, MiniPaths paths) => new MiniExport(paths).Write(
        call.Text("--start", Path.Combine(paths.Work, "text.safetensors")), call.Whole("--layers", 2), call.Text("--output", Path.Combine(paths.Work, "nclip-mini")));
}
