using System.Text;

namespace NClip.Images;

/// <summary>A file format that is read.</summary>
internal enum ImageFormat { Jpeg, Png, WebP, Gif, Bmp, Tiff, Pnm, Heic, Avif, Jpeg2000, JpegXl }

/// <summary>What a file's first bytes say that it is.</summary>
internal static class Format
{
    private static readonly Signature[] _signatures =
    [
        new(ImageFormat.Jpeg, 0, [0xFF, 0xD8, 0xFF]),
        new(ImageFormat.Png, 0, [0x89, .. "PNG\r\n\x1A\n"u8]),
        new(ImageFormat.WebP, 8, [.. "WEBP"u8], [.. "RIFF"u8]),
        new(ImageFormat.Gif, 0, [.. "GIF87a"u8]),
        new(ImageFormat.Gif, 0, [.. "GIF89a"u8]),
        new(ImageFormat.Bmp, 0, [.. "BM"u8]),
        new(ImageFormat.Tiff, 0, [.. "II*\0"u8]),
        new(ImageFormat.Tiff, 0, [.. "MM\0*"u8]),
        new(ImageFormat.Tiff, 0, [.. "II+\0"u8]),
        new(ImageFormat.Tiff, 0, [.. "MM\0+"u8]),
        new(ImageFormat.JpegXl, 0, [0xFF, 0x0A]),
        new(ImageFormat.JpegXl, 0, [.. "\0\0\0\x0CJXL \r\n"u8]),
        new(ImageFormat.Jpeg2000, 0, [.. "\0\0\0\x0CjP  \r\n"u8]),
        .. ((string[])["avif", "avis"]).Select(brand => new Signature(ImageFormat.Avif, 4, Encoding.ASCII.GetBytes("ftyp" + brand))),
        .. ((string[])["heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1"]).Select(brand => new Signature(ImageFormat.Heic, 4, Encoding.ASCII.GetBytes("ftyp" + brand))),
    ];

    /// <summary>All formats, in a sentence.</summary>
    public static string Names => string.Join(", ", Enum.GetValues<ImageFormat>()[..^1].Select(Name)) + " and " + Name(Enum.GetValues<ImageFormat>()[^1]);

    /// <summary>The format; null for everything else.</summary>
    public static ImageFormat? Of(ReadOnlySpan<byte> b)
    {
        foreach (var s in _signatures)
            if (b.Length >= s.At && b[s.At..].StartsWith(s.Bytes) && b.StartsWith(s.Start)) return s.Format;
        return b.Length > 2 && b[0] == 'P' && b[1] is >= (byte)'1' and <= (byte)'6' && b[2] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t' or (byte)'#' ? ImageFormat.Pnm : null;
    }

    /// <summary>What people call it.</summary>
    public static string Name(this ImageFormat format) => format switch
    {
        ImageFormat.WebP => "WebP",
        ImageFormat.Jpeg2000 => "JPEG 2000",
        ImageFormat.JpegXl => "JPEG XL",
        _ => format.ToString().ToUpperInvariant(),
    };

    /// <summary>A few words on a file that is not a picture.</summary>
    public static string Describe(ReadOnlySpan<byte> b)
    {
        var start = b.Length > 512 ? b[..512] : b;
        if (b.StartsWith("%PDF"u8)) return "a PDF document";
        if (b.StartsWith("PK\x03\x04"u8)) return "a ZIP archive";
        if (b.Length >= 12 && b[4..].StartsWith("ftyp"u8)) return "a video";
        foreach (var c in start)
            if (c is < 9 or (> 13 and < 32)) return $"unknown bytes ({Convert.ToHexString(b[..Math.Min(8, b.Length)])}...)";
        var text = Encoding.UTF8.GetString(start);
        if (text.Contains("<svg", StringComparison.OrdinalIgnoreCase)) return "an SVG drawing";
        return text.Contains("<html", StringComparison.OrdinalIgnoreCase) || text.Contains("<!doctype", StringComparison.OrdinalIgnoreCase) ? "an HTML page" : "text";
    }

    /// <summary>Bytes that a file of a format has at a place, and perhaps others at its start.</summary>
    private sealed record Signature(ImageFormat Format, int At, byte[] Bytes, byte[]? Start = null);
}
