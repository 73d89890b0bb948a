using NClip.Search.Store;

namespace NClip.Search.Tests.Store;

/// <summary>What happens to the pictures of a gallery, and what is asked of it: each store must end with the same rows and give the same answers.</summary>
internal static class GalleryPlan
{
    /// <summary>Filters of every kind.</summary>
    public static IReadOnlyList<SearchFilter> Filters { get; } =
    [
        SearchFilter.None, new(After: new DateTime(2005, 1, 2)), new(Before: new DateTime(2005, 1, 2)), new(Path: "STRASSE"), new(Path: "straße_1"), new(Path: "_1%0"), new(Path: "*/Stra?e_??%0.*"), new(Path: @"*\_7*"),
        new(Near: new NearPlace(48.4, 2.3, 15)), new(Near: new NearPlace(48.4, 2.3, 30)), new(MinSize: (300, 150)), new() { Caption = "ärgernis red" }, new() { Caption = "99" }, new(After: new DateTime(2010, 1, 1), Path: "e_2") { Caption = "a" },
    ];

    /// <summary>Thirty queries [30, D].</summary>
    public static Matrix Queries() => new(30, TinyGallery.Dimension, [.. Enumerable.Range(0, 30).SelectMany(i => TinyGallery.Vector(i * 10))]);

    private static PictureFacts Facts(int n) => new(100 * (n % 7), 50 * (n % 5), n % 3 == 0 ? null : new DateTime(2000 + (n % 20), 1, 2), n % 4 == 0 ? "Canon EOS" : null, n % 2 == 0 ? 48 + (n % 10 / 10.0) : null, n % 2 == 0 ? 2 + (n % 7 / 10.0) : null, 1 + (n % 8));

    /// <summary>What is committed, one after the other.</summary>
    public static IEnumerable<GalleryChanges> Steps()
    {
        var first = new GalleryChanges(); // three files of each tenth content; captions; what could not be read
        foreach (var n in Enumerable.Range(1, 300))
        {
            first.Contents.Add(TinyGallery.Content(n, Facts(n)));
            foreach (var copy in Enumerable.Range(0, n % 10 == 0 ? 3 : 1))
                first.Files.Add(TinyGallery.File($"/photos/Straße_{n}%{copy}.JPG", n) with { Caption = n % 3 == 0 ? $"A Red Ärgernis {n}" : null, Sidecar = n % 3 });
        }
        first.Files.Add(new StoredFile("/photos/broken.jpg", 5, 6, null, "it is broken\0."));
        yield return first;
        var second = new GalleryChanges(); // renamed, swapped, changed, removed, mended, broken
        foreach (var n in Enumerable.Range(21, 20)) second.Files.Add(TinyGallery.File($"/new/{n}.jpg", n));
        foreach (var n in Enumerable.Range(21, 9)) second.Removed.Add($"/photos/Straße_{n}%0.JPG");
        second.Files.Add(TinyGallery.File("/photos/Straße_1%0.JPG", 2));
        second.Files.Add(TinyGallery.File("/photos/Straße_2%0.JPG", 1));
        second.Contents.Add(TinyGallery.Content(1000));
        second.Files.Add(TinyGallery.File("/photos/Straße_3%0.JPG", 1000));
        second.Files.Add(TinyGallery.File("/photos/broken.jpg", 1000));
        second.Files.Add(new StoredFile("/photos/Straße_4%0.JPG", 5, 6, null, "it is broken."));
        yield return second;
        var third = new GalleryChanges(); // content 3 has lost its last file, and comes back under another name
        third.Files.Add(TinyGallery.File("/back.jpg", 3));
        yield return third;
    }
}
