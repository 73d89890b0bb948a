using System.CommandLine;
using NClip.Cli.Commands;
using NClip.Cli.Commands.Embed;
using NClip.Cli.Commands.Models;

namespace NClip.Cli;

/// <summary>The commands in the order of the help: each is a file of <c>Commands/</c> and a line here.</summary>
internal static class CommandTable
{
    /// <summary>Makers of the commands.</summary>
    public static IReadOnlyList<Func<Terminal, Command>> All { get; } =
    [
        ClassifyCommand.Create,
        SimilarityCommand.Create,
        EmbedCommand.Create,
        IndexCommand.Create,
        SearchCommand.Create,
        ServeCommand.Create,
        DuplicatesCommand.Create,
        ClusterCommand.Create,
        MapCommand.Create,
        TokenizeCommand.Create,
        PreprocessCommand.Create,
        ModelCommand.Create,
        EvalCommand.Create,
        ProbeCommand.Create,
        AdaptCommand.Create,
        TrainCommand.Create,
        BenchCommand.Create,
        DoctorCommand.Create,
    ];
}
