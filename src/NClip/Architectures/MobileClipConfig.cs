using NClip.Configuration;
using NClip.Towers;

namespace NClip.Architectures;

/// <summary>Apple's configuration of a MobileCLIP -> what shapes do not show. (apple/ml-mobileclip, mobileclip/configs)</summary>
internal static class MobileClipConfig
{
    public static ClipSpec Apply(ConfigSection root, ClipSpec spec)
    {
        var text = root.Object("text_cfg");
        var (height, width) = root.Object("image_cfg").Size("image_size") ?? (spec.Image.Height, spec.Image.Width);
        var image = spec.Image with { Height = height, Width = width };
        if (text.Int("dim", ConfigRange.Width) is { } dim && text.Int("n_heads_per_layer", ConfigRange.Width) is { } heads) image = image.WithMobileClip(Math.Max(1, dim / heads));
        var tower = spec.Text.WithMobileClip(text);
        return spec with
        {
            Image = image,
            Text = tower,
            Preprocess = SpecReader.Preprocess(spec.Family, Naming.MobileClip, image),
            UsualContext = spec.Family.Context(tower, null),
        };
    }
}
