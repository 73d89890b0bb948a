using System.Globalization;
using NClip.Training.Data;
using NClip.Training.Mini;

namespace NClip.Training.Cli;

/// <summary><c>nclip-train pack</c>: shards of pictures with WordNet classes become shards of pictures with captions.</summary>
internal static class PackCommand
{
    private const string Usage = "nclip train pack SHARD.tar --classes classes.json --wordnet data.noun --output train.tar [--held-out val.tar --every 10]: a caption for each name of a picture's class and of what WordNet has above it; each tenth picture goes into the other shard.";

    /// <summary>Writes the shards.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="RecipeCallException">The call is not as it should be.</exception>
    /// <exception cref="ClipException">A file cannot be read or written.</exception>
    public static int Run(string[] words)
    {
        if (words is [] or ["--help" or "-h"])
        {
            Console.WriteLine(Usage);
            return 0;
        }
        var call = new RecipeCall("pack", words.AsSpan(1), ["--classes", "--wordnet", "--output", "--held-out", "--every"]);
        string Needed(string name) => call.Text(name) ?? throw new RecipeCallException($"{name} is missing. {Usage}");
        var captions = new ClassCaptions(Needed("--classes"), call.Text("--wordnet", "/usr/share/wordnet/data.noun"));
        var (kept, held) = captions.Pack(words[0], Needed("--output"), call.Text("--held-out"), call.Whole("--every", 10));
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"nclip-train: {kept} pictures, and {held} held out"));
        return 0;
    }
}
