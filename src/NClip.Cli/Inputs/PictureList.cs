using System.Runtime.CompilerServices;

namespace NClip.Cli.Inputs;

/// <summary>The pictures of a call in their order. One that came on standard input lies in a file that goes away with this; its name is <c>-</c>.</summary>
internal sealed class PictureList : IDisposable
{
    private readonly DirectoryInfo? _folder;
    private readonly string? _input;

    /// <param name="files">Paths, <c>-</c> for standard input.</param>
    /// <param name="input">Opens standard input.</param>
    public PictureList(IEnumerable<string> files, Func<Stream> input)
    {
        List<string> all = [.. files];
        var at = all.IndexOf(PictureInputs.StandardInput);
        if (at >= 0)
        {
            _folder = Directory.CreateTempSubdirectory("nclip-"); // readable for this user alone
            all[at] = _input = Path.Combine(_folder.FullName, "input");
            using var file = File.Create(_input);
            using var from = input();
            from.CopyTo(file);
        }
        Files = all;
    }

    /// <summary>What to open.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>What the user calls a file.</summary>
    public string Name(string file) => file == _input ? PictureInputs.StandardInput : file;

    /// <summary>An error in the user's words.</summary>
    public ClipException Named(ClipException e)
        => _input is null || !e.Message.Contains(_input, StringComparison.Ordinal) ? e : new ClipException(e.Message.Replace(_input, PictureInputs.StandardInput, StringComparison.Ordinal), null, e);

    /// <summary>Features of the pictures, each under the user's name for it.</summary>
    public IAsyncEnumerable<EncodedImage> EncodeAsync(Clip clip, CancellationToken stop) => EncodeAsync(clip, Files, stop);

    /// <summary>As <see cref="EncodeAsync(Clip, CancellationToken)"/>, for some of <see cref="Files"/>.</summary>
    public async IAsyncEnumerable<EncodedImage> EncodeAsync(Clip clip, IEnumerable<string> files, [EnumeratorCancellation] CancellationToken stop)
    {
        await foreach (var p in clip.EncodeImagesAsync(files, stop).ConfigureAwait(false))
            yield return p with { File = Name(p.File), Error = p.Error is { } e ? Named(e) : null };
    }

    /// <inheritdoc/>
    public void Dispose() => _folder?.Delete(recursive: true);
}
