using System.CommandLine;
using NClip.Images;

namespace NClip.Cli;

/// <summary>The options of every command that reads pictures.</summary>
internal sealed class ImageReadOptions
{
    private readonly Option<ImagePolicy?> _policy = Options.Choice("--image-policy", "natural: as a person sees the picture (default). reference: as openai/CLIP reads it, to the bit.", ("natural", ImagePolicy.Natural), ("reference", ImagePolicy.Reference));
    private readonly Option<double?> _megapixels = Options.Number("--max-megapixels", "N", "Larger pictures are refused before they are decoded. Default: 178.9.", 0.001, 500);
    private readonly Option<double?> _megabytes = Options.Number("--max-megabytes", "N", "Pictures that take more memory to decode are refused before it is taken. Default: 1000.", 1, 100_000);
    private readonly Option<int?> _patches = Options.Whole("--max-patches", "N", "Most patches of a picture, for models that take patches (NaFlex). Default: the model's own.", 1, 4096);
    private readonly Option<bool> _fast = new("--fast-jpeg") { Description = "Decode large JPEGs at reduced size: faster, not bit-equal." };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_policy);
        command.Add(_megapixels);
        command.Add(_megabytes);
        command.Add(_patches);
        command.Add(_fast);
    }

    /// <summary>What a person sees, or the reference to the bit.</summary>
    public ImagePolicy Policy(ParseResult call) => call.GetValue(_policy) ?? ImagePolicy.Natural;

    /// <summary>Most patches of a picture; null: as the model has it.</summary>
    public int? MaxPatches(ParseResult call) => call.GetValue(_patches);

    /// <summary>Limits and speed of decoding.</summary>
    public ImageOptions Read(ParseResult call)
    {
        var d = new ImageOptions();
        return d with { MaxMegapixels = call.GetValue(_megapixels) ?? d.MaxMegapixels, MaxMegabytes = call.GetValue(_megabytes) ?? d.MaxMegabytes, FastJpeg = call.GetValue(_fast), LimitImageMagick = true };
    }
}
