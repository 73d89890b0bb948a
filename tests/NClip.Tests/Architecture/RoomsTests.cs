using System.Text.RegularExpressions;
using Xunit;

namespace NClip.Tests.Architecture;

/// <summary>Which room of a library uses which, by their namespaces: no arrow goes against docs/architecture.md.</summary>
public sealed partial class RoomsTests
{
    /// <summary>Those whose rooms architecture.md lists.</summary>
    public static TheoryData<string> Libraries => ["NClip", "NClip.Search"];

    [Theory, MemberData(nameof(Libraries))]
    public void No_room_uses_one_that_architecture_md_does_not_allow_it(string library)
    {
        var allowed = Allowed(library);
        var arrows = Arrows(library);
        Assert.NotEmpty(arrows);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', arrows.GroupBy(a => a.From).Select(g => $"{g.Key} -> {string.Join(", ", g.Select(a => a.To).Distinct().Order(StringComparer.Ordinal))}")));
        var wrong = arrows.Where(a => !allowed.TryGetValue(a.From, out var may) || !may.Contains(a.To)).Select(a => $"{a.From} uses {a.To} in {a.File}").ToArray();
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    [Theory, MemberData(nameof(Libraries))]
    public void The_table_of_rooms_has_every_folder_and_no_circle(string library)
    {
        var allowed = Allowed(library);
        Assert.Equal(Directory.EnumerateDirectories(Source(library)).Select(d => Path.GetFileName(d)!).Where(d => d is not ("bin" or "obj")).Order(StringComparer.Ordinal), allowed.Keys.Order(StringComparer.Ordinal));
        var done = new HashSet<string>();
        while (allowed.Keys.FirstOrDefault(r => !done.Contains(r) && allowed[r].All(done.Contains)) is { } next) done.Add(next);
        Assert.True(done.Count == allowed.Count, "rooms that use each other in a circle: " + string.Join(", ", allowed.Keys.Except(done)));
    }

    [Theory, MemberData(nameof(Libraries))]
    public void A_namespace_is_its_folder_or_the_front_door(string library)
    {
        var wrong = Files(library).Select(f => (File: Path.GetRelativePath(Source(library), f), Namespace: NamespaceOf(File.ReadAllText(f))))
            .Where(f => f.Namespace != library && !($"{library}." + Path.GetDirectoryName(f.File)!.Replace(Path.DirectorySeparatorChar, '.')).StartsWith(f.Namespace, StringComparison.Ordinal))
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
    private static Dictionary<string, string[]> Allowed(string library) => File.ReadLines(Path.Combine(Reference.Root, "docs", "architecture.md"))
        .Select(l => Row().Match(l)).Where(m => m.Success && m.Groups["library"].Value == library)
        .ToDictionary(m => m.Groups["room"].Value, m => m.Groups["may"].Value.Split([", ", "; "], StringSplitOptions.TrimEntries).Where(r => r is not ("nothing" or "")).ToArray());

    /// <summary>What each file's usings say.</summary>
    private static List<(string From, string To, string File)> Arrows(string library) =>
    [
        .. from file in Files(library)
           let relative = Path.GetRelativePath(Source(library), file)
           let room = relative.Split(Path.DirectorySeparatorChar)[0]
           where room != relative // the front door uses all rooms
           from m in Using().Matches(File.ReadAllText(file))
           where m.Groups["room"].Value.StartsWith($"{library}.", StringComparison.Ordinal)
           let to = m.Groups["room"].Value[(library.Length + 1)..].Split('.')[0]
           where to != room && Directory.Exists(Path.Combine(Source(library), to))
           select (room, to, relative),
    ];

    private static string Source(string library) => Path.Combine(Reference.Root, "src", library);

    private static IEnumerable<string> Files(string library) => Directory.EnumerateFiles(Source(library), "*.cs", SearchOption.AllDirectories).Where(Ours);

    private static bool Ours(string file) => !file.Split(Path.DirectorySeparatorChar).Any(p => p is "bin" or "obj");

    private static string NamespaceOf(string source) => Namespace().Match(source).Groups[1].Value;

    [GeneratedRegex(@"^\| `src/(?<library>[\w.]+)/(?<room>\w+)` \|[^|]*\| (?<may>[^|]*?) \|", RegexOptions.CultureInvariant)]
    private static partial Regex Row();

    [GeneratedRegex(@"^using (static )?(?<room>NClip\.[\w.]+)", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
