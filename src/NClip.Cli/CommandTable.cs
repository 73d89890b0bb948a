using System.CommandLine;
using NClip.Cli.Commands;
using NClip.Cli.Commands.Embed;
using NClip.Cli.Commands.Models;

namespace NClip.Cli;

/// <summary>The commands in the order of the help: each is a file of <c>Commands/</c> and a line here.</summary>
internal static class CommandTable
{
    /// <summary>Their names and makers: a call makes only the command that it names.</summary>
    public static IReadOnlyList<(string Name, Func<Terminal, Command> Create)> All { get; } =
    [
        ("classify", ClassifyCommand.Create),
        ("similarity", SimilarityCommand.Create),
        ("embed", EmbedCommand.Create),
        ("index", IndexCommand.Create),
        ("search", SearchCommand.Create),
        (ServeCommand.Name, ServeCommand.Create),
        ("duplicates", DuplicatesCommand.Create),
        ("cluster", ClusterCommand.Create),
        ("map", MapCommand.Create),
        ("tokenize", TokenizeCommand.Create),
        ("preprocess", PreprocessCommand.Create),
        ("model", ModelCommand.Create),
        ("eval", EvalCommand.Create),
        ("probe", ProbeCommand.Create),
        ("adapt", AdaptCommand.Create),
        ("train", TrainCommand.Create),
        ("bench", BenchCommand.Create),
        ("doctor", DoctorCommand.Create),
    ];
}
