// The program `nclip-train`: a run file, or a recipe that takes the rest of the words. `nclip train` becomes it.
using NClip;
using NClip.Training.Cli;
using NClip.Training.Mini;
using NClip.Training.RunFiles;

try
{
    switch (args)
    {
        case [] or ["--help" or "-h"]:
            Console.WriteLine("""
                nclip train RUN.toml [--set KEY=VALUE]... [--dry-run]: trains a model as the file says, or goes on where it was stopped.
                nclip train --describe: every key of such a file, its default, its meaning.
                nclip train blend FIRST SECOND --alpha 0.5 --output FOLDER: the model between two.
                nclip train pack SHARD.tar ...: pictures with classes of WordNet become pictures with captions.
                nclip train RECIPE ...: one of the recipes that made a model here.

                  mini  nclip-mini, the embedded model: its text tower, its trunk, its folder

                nclip train RECIPE --help says more. docs/training.md explains runs.
                """);
            return 0;
        case ["--describe"]:
            Console.Write(RunSections.Describe());
            return 0;
        case ["blend", .. var rest]: return BlendCommand.Run(rest);
        case ["pack", .. var rest]: return PackCommand.Run(rest);
        case ["mini", .. var rest]: return MiniCommand.Run(rest);
        case [var first, ..] when RunCommand.IsRunFile(first): return RunCommand.Run(args);
        default: throw new RecipeCallException($"'{args[0]}' is neither a run file (.toml, .json) nor a recipe. The recipes are: mini, blend, pack. See `nclip train --help`.");
    }
}
catch (Exception e) when (e is RecipeCallException or RunFileException) { return Fail(e, 2); }
catch (Exception e) when (e is ClipException or IOException or UnauthorizedAccessException) { return Fail(e, 1); }

static int Fail(Exception e, int code)
{
    Console.Error.WriteLine($"nclip-train: {e.Message}");
    return code;
}
