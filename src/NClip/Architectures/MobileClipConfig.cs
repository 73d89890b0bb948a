using NClip.Configuration;

namespace NClip.Architectures;

/// <summary>Apple's configuration of a MobileCLIP -> what shapes do not show. (apple/ml-mobileclip, mobileclip/configs)</summary>
internal static class MobileClipConfig
{
    public static ClipSpec Apply(ConfigSection root, ClipSpec spec)
    {
        var (height, width) = root.Object("image_cfg").Size("image_size") ?? (spec.Image.Height, spec.Image.Width);
        var (image, text) = (spec.Image with { Height = height, Width = width }, spec.Text.WithMobileClip(root.Object("text_cfg")));
        return spec with
        {
            Image = image,
            Text = text,
            Preprocess = SpecReader.Preprocess(spec.Family, Towers.Naming.MobileClip, image),
            UsualContext = spec.Family.Context(text, null),
        };
    }
}
