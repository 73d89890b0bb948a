// The program `nclip-serve`, which `nclip serve` becomes: the call is parsed, the server runs until it is told to stop.
using NClip.Cli;
using NClip.Server;

return await new CommandLine(Terminal.Standard(), [("serve", ServeProgram.Create)]).RunAsync(["serve", .. args]).ConfigureAwait(false);
