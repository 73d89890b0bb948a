// The command `nclip`: the call is parsed, one file of Commands/ runs it, errors become a line and an exit code.
using NClip.Cli;
using NClip.Cli.Programs;

var terminal = Terminal.Standard();
return PassedOn.Run(terminal, args) ?? await new CommandLine(terminal).RunAsync(args).ConfigureAwait(false);
