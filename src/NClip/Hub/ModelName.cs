using System.Text.RegularExpressions;
using NClip.Foundation;

namespace NClip.Hub;

/// <summary>What the user's word for a model means.</summary>
internal abstract partial record ModelName
{
    /// <summary>The model that comes with the library.</summary>
    public sealed record Embedded : ModelName;

    /// <summary>A file or folder that exists.</summary>
    public sealed record Local(string Path) : ModelName;

    /// <summary>One of OpenAI's published files.</summary>
    public sealed record OpenAI(OpenAIModel Model) : ModelName;

    /// <summary>A repository of the hub.</summary>
    /// <param name="Id">org/name.</param>
    /// <param name="Revision">Branch, tag or commit.</param>
    /// <param name="OpenClip">Written as open_clip writes it: that library's files are preferred to those of transformers.</param>
    public sealed record Repository(string Id, string Revision, bool OpenClip) : ModelName;

    public const string EmbeddedName = "nclip-mini";

    /// <summary>Our own name and OpenAI's go first, as in openai/CLIP; then what exists on disk, then repositories.</summary>
    /// <exception cref="HubException">It is none of them.</exception>
    public static ModelName Parse(string? text, Uri endpoint)
    {
        text = text?.Trim();
        if (string.IsNullOrEmpty(text) || text.Equals(EmbeddedName, StringComparison.OrdinalIgnoreCase)) return new Embedded();
        if (OpenAIModel.Find(text) is { } known) return new OpenAI(known);

        var path = text.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(UserFolders.Home, text[2..]) : text;
        if (Exists(path)) return new Local(path);

        var id = text;
        var openClip = id.StartsWith("hf-hub:", StringComparison.OrdinalIgnoreCase);
        if (openClip) id = id["hf-hub:".Length..];
        foreach (var site in (string[])["https://huggingface.co/", $"{endpoint.AbsoluteUri.TrimEnd('/')}/"])
            if (id.StartsWith(site, StringComparison.OrdinalIgnoreCase))
                id = id[site.Length..].TrimEnd('/').Replace("/tree/", "@", StringComparison.Ordinal);

        var match = RepositoryPattern().Match(id);
        var revision = match.Groups["revision"] is { Success: true, Value: var r } ? r : "main";
        if (!match.Success || id.Contains("..", StringComparison.Ordinal) || LooksLikeFile(match.Groups["id"].Value))
            throw new HubException(HubError.NotFound, $"'{text}' is no file or folder here, none of OpenAI's names ({string.Join(", ", OpenAIModel.All.Select(m => m.Name))}) and no repository name (org/name, org/name@revision, hf-hub:org/name). Check the spelling, or give a path that exists.");
        return new Repository(match.Groups["id"].Value, revision, openClip);
    }

    private static bool Exists(string path) => File.Exists(path) || Directory.Exists(path);

    // 'models/vit.pt' that does not exist is a misspelt path, not a repository to ask a server for.
    private static bool LooksLikeFile(string id) => Path.GetExtension(id).ToUpperInvariant() is ".SAFETENSORS" or ".PT" or ".PTH" or ".BIN" or ".CKPT" or ".JSON" or ".ONNX";

    [GeneratedRegex(@"^(?<id>[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9._-]+)(@(?<revision>[A-Za-z0-9][A-Za-z0-9._/-]*))?$", RegexOptions.CultureInvariant)]
    private static partial Regex RepositoryPattern();
}
