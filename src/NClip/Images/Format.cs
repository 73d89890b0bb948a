using System.Text;

namespace NClip.Images;

/// <summary>What a file's first bytes say that it is.</summary>
internal static class Format
{
    /// <summary>JPEG, PNG, WebP, GIF, BMP, TIFF, PNM, HEIC, AVIF, JPEG 2000, JPEG XL; null for everything else.</summary>
    public static string? Of(ReadOnlySpan<byte> b)
    {
        if (Starts(b, [0xFF, 0xD8, 0xFF])) return "JPEG";
        if (Starts(b, [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A])) return "PNG";
        if (b.StartsWith("RIFF"u8) && b.Length >= 12 && b[8..].StartsWith("WEBP"u8)) return "WebP";
        if (b.StartsWith("GIF87a"u8) || b.StartsWith("GIF89a"u8)) return "GIF";
        if (b.StartsWith("BM"u8)) return "BMP";
        if (b.StartsWith("II*\0"u8) || b.StartsWith("MM\0*"u8) || b.StartsWith("II+\0"u8) || b.StartsWith("MM\0+"u8)) return "TIFF";
        if (b.Length > 2 && b[0] == 'P' && b[1] is >= (byte)'1' and <= (byte)'6' && b[2] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t' or (byte)'#') return "PNM";
        if (Starts(b, [0xFF, 0x0A]) || b.StartsWith("\0\0\0\x0CJXL \r\n"u8)) return "JPEG XL";
        if (b.StartsWith("\0\0\0\x0CjP  \r\n"u8)) return "JPEG 2000";
        return b.Length >= 12 && b[4..].StartsWith("ftyp"u8) ? Encoding.Latin1.GetString(b.Slice(8, 4)) switch
        {
            "avif" or "avis" => "AVIF",
            "heic" or "heix" or "hevc" or "hevx" or "heim" or "heis" or "mif1" or "msf1" => "HEIC",
            _ => null,
        } : null;
    }

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

    private static bool Starts(ReadOnlySpan<byte> b, ReadOnlySpan<byte> prefix) => b.StartsWith(prefix);
}
