using NClip.Hub;

namespace NClip.Data;

/// <summary>Opens data by a name: shards, a table, a folder. <c>docs/data.md</c> says what each looks like.</summary>
public static class DataSource
{
    private sealed record Kind(string What, Func<string, bool> Fits, Func<string, SourceOptions, CancellationToken, ISampleSource> Open);

    private static readonly Kind[] _kinds =
    [
        new("WebDataset shards (train-{000..009}.tar, train-*.tar.gz, https://host/train-{000..009}.tar)", ShardNames.AreShards, static (spec, options, ct) => new ShardSource(spec, options, ct)),
        new("a table with a path and a caption in each row (.csv, .tsv, .jsonl, .parquet)", Table.IsTable, static (spec, options, _) => TableSource.Open(spec, options)),
        new("a folder of pictures with a text file beside each, or with a folder for each class", Directory.Exists, OpenFolder),
    ];

    /// <summary>Opens what <paramref name="spec"/> names; several, joined by <c>::</c>, are one source. Whatever is missing is named here, before anything is read.</summary>
    /// <param name="spec">A path, a pattern or an address.</param>
    /// <param name="options">Columns, templates, network; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the questions to servers.</param>
    /// <exception cref="DataException">Nothing of that name, or nothing that is understood.</exception>
    /// <exception cref="HubException">A shard's server cannot be reached.</exception>
    public static ISampleSource Open(string spec, SourceOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(spec);
        options ??= new SourceOptions();
        var sources = spec.Split("::").Select(s => OpenOne(s, options, cancellationToken)).ToArray();
        return sources.Length == 1 ? sources[0] : new JoinedSource(sources);
    }

    private static ISampleSource OpenOne(string spec, SourceOptions options, CancellationToken cancellationToken)
    {
        if (_kinds.FirstOrDefault(k => k.Fits(spec)) is { } kind) return kind.Open(spec, options, cancellationToken);
        var understood = string.Concat(_kinds.Select(k => $"\n  {k.What}"));
        throw spec.StartsWith("pipe:", StringComparison.Ordinal) ? new DataException($"commands ('pipe:') are not run. Give shards as files or http addresses. Understood are:{understood}", spec)
            : File.Exists(spec) ? new DataException($"the file's name does not say what it is. Understood are:{understood}", spec)
            : new DataException($"there is no such file or folder, and the name is no other source. Understood are:{understood}", spec);
    }

    private static ISampleSource OpenFolder(string folder, SourceOptions options, CancellationToken cancellationToken)
    {
        if (Directory.EnumerateFiles(folder, "*.tar").Any())
            throw new DataException($"this folder has shards. Say which of them: {Path.Combine(folder, "train-*.tar")} or {Path.Combine(folder, "*.tar")}.", folder);
        if (Directory.EnumerateFiles(folder, "metadata.*").Where(Table.IsTable).Order(StringComparer.Ordinal).FirstOrDefault() is { } table) return TableSource.Open(table, options);
        var pictures = PictureFolder.Pictures(folder);
        if (pictures.Length == 0) throw new DataException($"the folder has no pictures (looked for {string.Join(", ", PictureFolder.Extensions)}, in its subfolders too).", folder);
        return pictures.Any(p => !p.Contains('/')) || pictures.Any(p => File.Exists(Path.ChangeExtension(Path.Combine(folder, p), ".txt")))
            ? new PictureFolder(folder, pictures, options.CaptionPerLine)
            : new ClassFolder(folder, pictures, options.Templates ?? ZeroShot.PromptTemplates.Default);
    }
}
