using System.Diagnostics;

namespace NClip.Training.Mini.Shards;

/// <summary>The public repositories that hold the recipe's pictures, as clones in one folder.</summary>
internal static class PublicRepositories
{
    /// <summary>The git folder of a clone MIRRORS/OWNER+NAME, bare or ordinary, there or in repo/ within; null where there is none.</summary>
    public static string? Find(string mirrors, string repository)
    {
        var at = Path.Combine(mirrors, repository.Replace('/', '+'));
        return new[] { at + "/repo", at + "/repo/.git", at + "/.git", at }.FirstOrDefault(d => File.Exists(Path.Combine(d, "HEAD")));
    }

    /// <summary>Clones those that are not there yet.</summary>
    /// <exception cref="RecipeCallException">git could not.</exception>
    public static void Fetch(string mirrors)
    {
        Directory.CreateDirectory(mirrors);
        foreach (var repository in FurtherShards.Repositories.Concat(WiderShards.Repositories).Where(r => Find(mirrors, r) is null))
        {
            var (at, part) = (Path.Combine(mirrors, repository.Replace('/', '+')), Path.Combine(mirrors, "part"));
            if (Directory.Exists(part)) Directory.Delete(part, recursive: true);
            Console.WriteLine($"{DateTime.Now:HH:mm:ss} clones {repository}");
            Run("git", "clone", "--quiet", "--bare", "https://github.com/" + repository, part);
            Directory.Move(part, at);
        }
    }

    private static void Run(string program, params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(program, words))!;
        process.WaitForExit();
        if (process.ExitCode != 0) throw new RecipeCallException($"`{program} {string.Join(' ', words)}` ended with {process.ExitCode}; what it says stands above.");
    }
}
