using System.Text.RegularExpressions;
using Xunit;

namespace NClip.Tests.Architecture;

/// <summary>Which room of the library uses which, by its namespaces: no arrow goes against docs/architecture.md.</summary>
public sealed partial class RoomsTests
{
    private static readonly string _library = Path.Combine(Reference.Root, "src", "NClip");

    [Fact]
    public void No_room_uses_one_that_architecture_md_does_not_allow_it()
    {
        var allowed = Allowed();
        var arrows = Arrows();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', arrows.GroupBy(a => a.From).Select(g => $"{g.Key} -> {string.Join(", ", g.Select(a => a.To).Distinct().Order(StringComparer.Ordinal))}")));
        var wrong = arrows.Where(a => !allowed.TryGetValue(a.From, out var may) || !may.Contains(a.To)).Select(a => $"{a.From} uses {a.To} in {a.File}").ToArray();
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void The_table_of_rooms_has_every_folder_and_no_circle()
    {
        var allowed = Allowed();
        Assert.Equal(Directory.EnumerateDirectories(_library).Select(d => Path.GetFileName(d)!).Where(d => d is not ("bin" or "obj")).Order(StringComparer.Ordinal), allowed.Keys.Order(StringComparer.Ordinal));
        var done = new HashSet<string>();
        while (allowed.Keys.FirstOrDefault(r => !done.Contains(r) && allowed[r].All(done.Contains)) is { } next) done.Add(next);
        Assert.True(done.Count == allowed.Count, "rooms that use each other in a circle: " + string.Join(", ", allowed.Keys.Except(done)));
    }

    [Fact]
    public void A_namespace_is_its_folder_or_the_front_door()
    {
        var wrong = Files().Select(f => (File: Path.GetRelativePath(_library, f), Namespace: NamespaceOf(File.ReadAllText(f))))
            .Where(f => f.Namespace is not "NClip" && !("NClip." + Path.GetDirectoryName(f.File)!.Replace(Path.DirectorySeparatorChar, '.')).StartsWith(f.Namespace, StringComparison.Ordinal))
            .Select(f => $"{f.File} is in namespace {f.Namespace}").ToArray();
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void No_source_file_has_more_than_300_lines_and_no_folder_more_than_20_files()
    {
        string[] files = [.. new[] { "src", "tests", "benchmarks", "samples" }.SelectMany(d => Directory.EnumerateFiles(Path.Combine(Reference.Root, d), "*.cs", SearchOption.AllDirectories)).Where(Ours)];
        Assert.All(files, f => Assert.True(File.ReadLines(f).Count() <= 300, f));
        Assert.All(files.GroupBy(f => Path.GetDirectoryName(f)), d => Assert.True(d.Count() <= 20, d.Key));
    }

    /// <summary>The table "Rooms" of docs/architecture.md: room to the rooms it may use.</summary>
    private static Dictionary<string, string[]> Allowed() => File.ReadLines(Path.Combine(Reference.Root, "docs", "architecture.md"))
        .Select(l => Row().Match(l)).Where(m => m.Success)
        .ToDictionary(m => m.Groups["room"].Value, m => m.Groups["may"].Value.Split([", ", "; "], StringSplitOptions.TrimEntries).Where(r => r is not ("nothing" or "")).ToArray());

    /// <summary>What each file's usings say.</summary>
    private static List<(string From, string To, string File)> Arrows() =>
    [
        .. from file in Files()
           let relative = Path.GetRelativePath(_library, file)
           let room = relative.Split(Path.DirectorySeparatorChar)[0]
           where room != relative // the front door uses all rooms
           from m in Using().Matches(File.ReadAllText(file))
           let to = m.Groups["room"].Value
           where to != room
           select (room, to, relative),
    ];

    private static IEnumerable<string> Files() => Directory.EnumerateFiles(_library, "*.cs", SearchOption.AllDirectories).Where(Ours);

    private static bool Ours(string file) => !file.Split(Path.DirectorySeparatorChar).Any(p => p is "bin" or "obj");

    private static string NamespaceOf(string source) => Namespace().Match(source).Groups[1].Value;

    [GeneratedRegex(@"^\| `src/NClip/(?<room>\w+)` \|[^|]*\| (?<may>[^|]*?) \|", RegexOptions.CultureInvariant)]
    private static partial Regex Row();

    [GeneratedRegex(@"^using (static )?NClip\.(?<room>\w+)", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
