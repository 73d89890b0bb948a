using System.CommandLine;
using System.CommandLine.Help;
using System.Runtime.InteropServices;

namespace NClip.Cli;

/// <summary>Parses and runs a call: the one place where errors become a line on standard error and an exit code.</summary>
/// <param name="terminal">Where it writes.</param>
/// <param name="commands">Names and makers of the commands; null: those of nclip.</param>
internal sealed class CommandLine(Terminal terminal, IReadOnlyList<(string Name, Func<Terminal, Command> Create)>? commands = null)
{
    private readonly Option<bool> _verbose = new("--verbose") { Description = "Show the stack trace of an error.", Recursive = true };
    private readonly Option<bool> _version = new("--version") { Description = "Show the version; with --verbose the commit too." };

    /// <summary>Parses and runs one call.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(string[] args, CancellationToken cancellation = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            var call = Root(args.FirstOrDefault(a => a != _verbose.Name)).Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
            terminal.Verbose = call.GetValue(_verbose);
            if (call.Action is not Help && Refusal.Of(call, args) is { } refusal) return Refuse(refusal);
            var code = await call.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = terminal.Out, Error = terminal.Error }, stop.Token).ConfigureAwait(false);
            terminal.Out.Flush();
            return code;
        }
        catch (StoppedException e) { return Fail(e, ExitCode.Interrupted); }
        catch (OperationCanceledException) when (stop.IsCancellationRequested) { return ExitCode.Interrupted; }
        catch (UsageException e) { return Fail(e, ExitCode.Unusable); }
        catch (ClipException e) { return Fail(e, ExitCode.SomeFailed); }
        catch (Exception e) when (e is IOException && IsBrokenPipe(e)) { return ExitCode.BrokenPipe; }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return Fail(e, ExitCode.SomeFailed); }
        catch (DllNotFoundException e) { return Fail(new ClipException($"a native library cannot be loaded ({e.Message}). `nclip doctor` says which and what to do.", null, e), ExitCode.Unusable); }
        catch (Exception e) { return Fail(new ClipException($"unexpected error: {e.GetType().Name}: {e.Message} Run again with --verbose and report it.", null, e), ExitCode.Unusable); }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = !stop.IsCancellationRequested; // the second Ctrl+C ends the process at once
            stop.Cancel();
        }
    }

    /// <summary>The tree of commands.</summary>
    /// <param name="named">Where a command has this name, it is the only one in the tree: to make the others would take a good part of a short call's time.</param>
    public RootCommand Root(string? named = null)
    {
        var root = new RootCommand("CLIP for .NET: what a picture shows, in words of your choice. Offline; any CLIP checkpoint.");
        root.Options.Remove(root.Options.OfType<VersionOption>().Single());
        root.Add(_version);
        root.Add(_verbose);
        var all = commands ?? CommandTable.All;
        foreach (var (name, create) in all)
            if (name == named || all.All(c => c.Name != named)) root.Add(create(terminal));
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new Help((HelpAction)help.Action!, terminal);
        root.SetAction(call =>
        {
            if (call.GetValue(_version)) terminal.Out.WriteLine(call.GetValue(_verbose) ? ProgramVersion.Full : ProgramVersion.Short);
            else Overview.Write(root, "nclip", terminal);
            return ExitCode.Done;
        });
        return root;
    }

    private int Refuse(string message)
    {
        terminal.Fail(message);
        return ExitCode.Unusable;
    }

    private int Fail(Exception e, int code)
    {
        terminal.Fail(e.Message, e);
        return code;
    }

    private static bool IsBrokenPipe(Exception e) => (e.HResult & 0xFFFF) is 32 or 109 or 232; // EPIPE; ERROR_BROKEN_PIPE, ERROR_NO_DATA
}
