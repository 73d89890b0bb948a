// The command `nclip`: the call is parsed, one file of Commands/ runs it, errors become a line and an exit code.
using NClip.Cli;

return await new CommandLine(Terminal.Standard()).RunAsync(args).ConfigureAwait(false);
