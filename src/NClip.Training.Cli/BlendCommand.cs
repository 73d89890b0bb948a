using System.Globalization;
using NClip.Training.Mini;
using NClip.Training.Models;

namespace NClip.Training.Cli;

/// <summary><c>nclip-train blend FIRST SECOND</c>: the model between two.</summary>
internal static class BlendCommand
{
    private const string Usage = "nclip train blend FIRST SECOND --alpha 0.5 --output FOLDER: the model whose every weight lies alpha of the way from FIRST's to SECOND's (WiSE-FT).";

    /// <summary>Writes it.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="RecipeCallException">The call is not as it should be.</exception>
    /// <exception cref="ClipException">A model cannot be read, they are unlike, or the folder cannot be written.</exception>
    public static int Run(string[] words)
    {
        if (words is [] or ["--help" or "-h"])
        {
            Console.WriteLine(Usage);
            return 0;
        }
        if (words is not [var first, var second, .. var rest] || first.StartsWith('-') || second.StartsWith('-')) throw new RecipeCallException($"blend needs two models. {Usage}");
        var call = new RecipeCall("blend", rest, ["--alpha", "--output"]);
        var (alpha, folder) = (call.Number("--alpha", 0.5), call.Text("--output") ?? throw new RecipeCallException($"--output is missing, the folder that is written. {Usage}"));
        if (alpha is < 0 or > 1) throw new RecipeCallException(string.Create(CultureInfo.InvariantCulture, $"--alpha is {alpha}; a number from 0 (FIRST) to 1 (SECOND) was expected."));
        BlendedModel.Write(first, second, alpha, folder);
        Console.Error.WriteLine($"nclip-train: the model is in {folder}");
        return 0;
    }
}
