using System.Diagnostics;
using System.Runtime.InteropServices;

namespace NClip.Cli.Programs;

/// <summary>Becomes another program: same process on Unix, so that signals reach it and nothing is left behind; on Windows, which has no such call, a child that is waited for.</summary>
internal static partial class OtherProgram
{
    /// <param name="file">The program.</param>
    /// <param name="package">The tool that it is of, for messages.</param>
    /// <param name="arguments">Its words.</param>
    /// <returns>The exit code; on Unix only the other program returns one.</returns>
    /// <exception cref="UsageException">It cannot be started.</exception>
    public static int Become(string file, string package, IReadOnlyList<string> arguments)
    {
        if (OperatingSystem.IsWindows()) return Wait(file, package, arguments);
        _ = Execute(file, [file, .. arguments, null]);
        throw Refused(file, package, Marshal.GetLastPInvokeErrorMessage(), null);
    }

    private static int Wait(string file, string package, IReadOnlyList<string> arguments)
    {
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true); // the child gets it too, and says how it ends
        try
        {
            using var child = Process.Start(new ProcessStartInfo(file, arguments) { UseShellExecute = false })!;
            child.WaitForExit();
            return child.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw Refused(file, package, e.Message, e);
        }
    }

    private static UsageException Refused(string file, string package, string reason, Exception? inner)
        => new($"{file}: cannot be started: {reason}. Remove it and install it again: dotnet tool install {package} -g", inner);

    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Execute(string file, string?[] arguments);
}
