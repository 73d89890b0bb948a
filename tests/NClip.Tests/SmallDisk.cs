using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace NClip.Tests;

/// <summary>A disk of so many bytes, in memory, at a folder. Where this user may not mount one the test is skipped.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _folder;

    public SmallDisk(string folder, long bytes)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        Assert.SkipUnless(Run("mount", "-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={bytes}"), "tmpfs", _folder), "needs the right to mount a small disk");
    }

    /// <summary>Bytes that are free.</summary>
    public long Free => new DriveInfo(_folder).AvailableFreeSpace;

    /// <summary>Makes it larger.</summary>
    public void Grow(long bytes) => Assert.True(Run("mount", "-o", string.Create(CultureInfo.InvariantCulture, $"remount,size={bytes}"), _folder));

    public void Dispose() => Run("umount", _folder);

    private static bool Run(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
