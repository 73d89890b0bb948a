using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
using NClip.Cli.Commands;

namespace NClip.Cli;

/// <summary>The tree of commands, and the one place where errors become a line on standard error and an exit code.</summary>
internal sealed class CommandLine(Terminal terminal)
{
    private static readonly Option<bool> Verbose = new("--verbose") { Description = "Show the stack trace of an error.", Recursive = true };

    /// <summary>Parses and runs one call.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(string[] args, CancellationToken cancellation = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            var call = Root().Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
            terminal.Verbose = call.GetValue(Verbose);
            if (call.Errors.Count > 0 && call.Action is not HelpAction) return Refuse(call, Messages(call));
            if (UnknownOption(call, args) is { } unknown) return Refuse(call, $"'{unknown}' is no option of this command; an input of that name goes behind --.");
            var code = await call.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = terminal.Out, Error = terminal.Error }, stop.Token).ConfigureAwait(false);
            terminal.Out.Flush();
            return code;
        }
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

    private RootCommand Root() => new("CLIP for .NET: what a picture shows, in words of your choice. Offline; any CLIP checkpoint.")
    {
        Verbose,
        ClassifyCommand.Create(terminal),
        SimilarityCommand.Create(terminal),
        EmbedCommand.Create(terminal),
        TokenizeCommand.Create(terminal),
        PreprocessCommand.Create(terminal),
        ModelCommand.Create(terminal),
        BenchCommand.Create(terminal),
        DoctorCommand.Create(terminal),
    };

    private int Refuse(ParseResult call, string message)
    {
        var path = string.Join(' ', Path(call.CommandResult).Reverse());
        terminal.Fail($"{message} See `{path} --help`.");
        return ExitCode.Unusable;
    }

    private static IEnumerable<string> Path(SymbolResult? result)
    {
        for (var r = result as CommandResult; r is not null; r = r.Parent as CommandResult) yield return r.Command is RootCommand ? "nclip" : r.Command.Name;
    }

    private static string Messages(ParseResult call)
    {
        var errors = call.Errors.Select(e => e.Message).Distinct().ToList();
        if (errors.Count > 1) errors.RemoveAll(e => e.StartsWith("Required command", StringComparison.Ordinal)); // says nothing beside the unknown word
        return string.Join(" ", errors);
    }

    // The parser takes a misspelt option for one more input.
    private static string? UnknownOption(ParseResult call, string[] args)
    {
        var inputs = Array.IndexOf(args, "--") is >= 0 and var dashes ? args[(dashes + 1)..] : [];
        return call.CommandResult.Children.OfType<ArgumentResult>().SelectMany(r => r.Tokens).Select(t => t.Value)
            .FirstOrDefault(v => v.Length > 1 && v[0] == '-' && (v[1] == '-' || char.IsAsciiLetter(v[1])) && !v.Contains(' ', StringComparison.Ordinal) && !inputs.Contains(v));
    }

    private int Fail(Exception e, int code)
    {
        terminal.Fail(e.Message, e);
        return code;
    }

    private static bool IsBrokenPipe(Exception e) => (e.HResult & 0xFFFF) is 32 or 109 or 232; // EPIPE; ERROR_BROKEN_PIPE, ERROR_NO_DATA
}
