using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace NClip.Training.Mini.Shards;

/// <summary>Files of one commit of a clone, without a work tree.</summary>
/// <param name="git">The clone's git folder.</param>
/// <param name="commit">Which commit.</param>
internal sealed class GitFolder(string git, string commit)
{
    /// <summary>Paths of the files under a folder, / between names; all of them for an empty one.</summary>
    /// <exception cref="RecipeCallException">git has no such commit.</exception>
    public string[] Files(string under)
    {
        using var process = Start("ls-tree", "-r", "-z", "--name-only", commit, under.Length > 0 ? under : ".");
        process.StandardInput.Close();
        using var to = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(to);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new RecipeCallException($"{git} has no commit {commit}: git ls-tree ended with {process.ExitCode}. Clone the repository anew.");
        return Encoding.UTF8.GetString(to.ToArray()).Split('\0', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>What files hold, in their order; null for one that the clone lacks.</summary>
    public IEnumerable<byte[]?> Read(IEnumerable<string> paths)
    {
        using var process = Start("cat-file", "--batch");
        var (to, from) = (process.StandardInput.BaseStream, process.StandardOutput.BaseStream);
        foreach (var path in paths)
        {
            to.Write(Encoding.UTF8.GetBytes($"{commit}:{path}\n"));
            to.Flush();
            var header = Line(from).Split(' ');
            if (header is not [_, "blob", var size])
            {
                yield return null;
                continue;
            }
            var bytes = new byte[int.Parse(size, CultureInfo.InvariantCulture)];
            from.ReadExactly(bytes);
            from.ReadByte();
            yield return bytes;
        }
        process.StandardInput.Close();
        process.WaitForExit();
    }

    /// <summary>A text file.</summary>
    /// <exception cref="RecipeCallException">The clone lacks it.</exception>
    public string Text(string path) => Read([path]).First() is { } bytes ? Encoding.UTF8.GetString(bytes) : throw new RecipeCallException($"{git} has no {path} in commit {commit}. Clone the repository anew.");

    private static string Line(Stream from)
    {
        var bytes = new List<byte>();
        for (int b; (b = from.ReadByte()) is not (-1 or '\n');) bytes.Add((byte)b);
        return Encoding.UTF8.GetString([.. bytes]);
    }

    private Process Start(params string[] words)
    {
        var process = Process.Start(new ProcessStartInfo("git", ["-C", git, .. words]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }
}
