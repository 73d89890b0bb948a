// The command `nclip`: the call is parsed, one file of Commands/ runs it, errors become a line and an exit code.
using NClip.Cli;
using NClip.Cli.Commands;
using NClip.Cli.Training;

var terminal = Terminal.Standard();
if (TrainCommand.Passed(args) is not { } passed) return await new CommandLine(terminal).RunAsync(args).ConfigureAwait(false);
try
{
    return TrainCommand.Run(passed, TrainingProgram.Find()); // before the parser, which would answer --help itself
}
catch (UsageException e)
{
    terminal.Fail(e.Message, e);
    return ExitCode.Unusable;
}
