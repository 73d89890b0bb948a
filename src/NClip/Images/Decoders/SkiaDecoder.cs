using SkiaSharp;

namespace NClip.Images.Decoders;

/// <summary>JPEG and WebP through Skia's codecs (libjpeg-turbo, libwebp): the same pixels as Pillow's.</summary>
internal static class SkiaDecoder
{
    public static unsafe Picture Open(ReadOnlyMemory<byte> encoded, DecodeRequest request, string format)
    {
        using var pin = encoded.Pin();
        using var data = SKData.Create((IntPtr)pin.Pointer, encoded.Length);
        using var codec = SKCodec.Create(data) ?? throw request.Broken(format, "it is not a picture that can be read");
        var info = codec.Info;
        request.CheckSize(info.Width, info.Height);
        var mode = info.ColorType == SKColorType.Gray8 ? PixelMode.Grey : info.IsOpaque ? PixelMode.Rgb : PixelMode.Rgba;
        var picture = new Picture(info.Width, info.Height, mode) { Orientation = (int)codec.EncodedOrigin };
        fixed (byte* pixels = picture.Pixels)
        {
            var wanted = new SKImageInfo(info.Width, info.Height, mode == PixelMode.Grey ? SKColorType.Gray8 : SKColorType.Rgba8888, info.IsOpaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul, null);
            var result = codec.GetPixels(wanted, (IntPtr)pixels, picture.RowBytes, SKCodecOptions.Default);
            if (result == SKCodecResult.Success) return picture;
            picture.Dispose();
            throw result == SKCodecResult.IncompleteInput ? request.Truncated(format) : request.Broken(format, $"its pixels cannot be decoded ({result})");
        }
    }
}
