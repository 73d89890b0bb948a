// The program `nclip-train`: the first word names a recipe, and the recipe takes the rest. `nclip train` becomes it.
using NClip;
using NClip.Training.Mini;

try
{
    switch (args)
    {
        case [] or ["--help" or "-h"]:
            Console.WriteLine("""
                nclip train RECIPE ...: trains a model.

                  mini  nclip-mini, the embedded model: its text tower, its trunk, its folder

                nclip train RECIPE --help says more.
                """);
            return 0;
        case ["mini", .. var rest]: return MiniCommand.Run(rest);
        default: throw new RecipeCallException($"'{args[0]}' is no recipe. The recipes are: mini. See `nclip train --help`.");
    }
}
catch (RecipeCallException e) { return Fail(e, 2); }
catch (Exception e) when (e is ClipException or IOException or UnauthorizedAccessException) { return Fail(e, 1); }

static int Fail(Exception e, int code)
{
    Console.Error.WriteLine($"nclip-train: {e.Message}");
    return code;
}
