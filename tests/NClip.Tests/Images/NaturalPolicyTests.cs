using System.Buffers.Binary;
using ImageMagick;
using NClip.Images;
using Xunit;
using static NClip.Tests.Images.PreprocessReference;

namespace NClip.Tests.Images;

public sealed class NaturalPolicyTests
{
    public static TheoryData<string> OrdinaryPhotos => [.. Sources.Where(s => s.Mode is "RGB" or "L" && s.Orientation == 1 && !s.File.Contains("trns", StringComparison.Ordinal)).Select(s => s.File)];

    public static TheoryData<string> Turned => [.. Sources.Where(s => s.Orientation != 1).Select(s => s.File)];

    public static TheoryData<string> Sixteen => [.. Sources.Where(s => s.Hi8RgbSha256 is not null).Select(s => s.File)];

    [Theory, MemberData(nameof(OrdinaryPhotos))]
    public void Equals_Reference_on_ordinary_RGB_and_grey_pictures(string file)
    {
        foreach (var e in Entries[file].Where(e => e.Error is null))
            Assert.Equal(e.U8, Sha256(new ImagePipeline(SpecOf(e.Pipeline, e.Size)).ProcessToBytes(ImagePath(file))));
    }

    [Theory, MemberData(nameof(Turned))]
    public void Applies_the_EXIF_orientation(string file)
    {
        foreach (var e in Entries[file].Where(e => e.Pipeline.EndsWith("+exif", StringComparison.Ordinal)))
            Assert.Equal(e.U8, Sha256(new ImagePipeline(SpecOf(e.Pipeline.Split('+')[0], e.Size)).ProcessToBytes(ImagePath(file))));
    }

    [Theory, MemberData(nameof(Sixteen))]
    public void Takes_the_high_byte_of_16_bit_grey(string file)
    {
        foreach (var e in Entries[file].Where(e => e.Pipeline.EndsWith("+hi8", StringComparison.Ordinal)))
            Assert.Equal(e.U8, Sha256(new ImagePipeline(SpecOf(e.Pipeline.Split('+')[0], e.Size)).ProcessToBytes(ImagePath(file))));
    }

    [Fact]
    public void Transparency_lies_over_white()
    {
        var hidden = RgbImage.Load(ImagePath("png_rgba_fully_transparent_90x90.png"));
        Assert.All(hidden.Pixels.ToArray(), v => Assert.Equal(255, v));
        foreach (var file in new[] { "png_palette_trns_index_150x150.png", "gif_transparent_110x90.gif", "png_rgb_trns_gama_117x83.png", "png_l_trns_80x60.png", "webp_lossless_alpha_200x150.webp" })
        {
            using var stored = RgbConversion.Of(ImageDecoder.Open(File.ReadAllBytes(ImagePath(file)), new DecodeRequest(file, ImagePolicy.Reference, new ImageOptions())));
            var seen = RgbImage.Load(ImagePath(file)).Pixels.ToArray();
            var raw = new byte[seen.Length];
            for (var y = 0; y < stored.Height; y++) RgbConversion.PackRow(stored, y, raw.AsSpan(3 * stored.Width * y, 3 * stored.Width));
            // Over white nothing gets darker, and something gets lighter.
            Assert.All(seen.Zip(raw), p => Assert.True(p.First >= p.Second));
            Assert.NotEqual(raw, seen);
        }
    }

    [Theory]
    [InlineData("png_rgb_scene_64x64.png", "eXIf")]
    [InlineData("webp_lossless_333x217.webp", "EXIF")]
    [InlineData("tiff_rgb_raw_140x105.tif", "tag 274")]
    public void Reads_the_orientation_of_other_formats_than_JPEG(string file, string where)
    {
        byte[] exif = [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
        var plain = File.ReadAllBytes(ImagePath(file));
        var turned = where switch
        {
            "eXIf" => [.. plain[..33], .. PngChunk("eXIf", exif), .. plain[33..]],
            "EXIF" => WithExif(plain, exif),
            _ => WithTiffOrientation(plain),
        };
        var (before, after) = (RgbImage.Decode(plain), RgbImage.Decode(turned));
        Assert.Equal((before.Height, before.Width), (after.Width, after.Height));
        // Orientation 6: the stored first row is the right-hand column.
        for (var x = 0; x < before.Width; x++)
            Assert.Equal(before.Pixels.Slice(3 * x, 3).ToArray(), after.Pixels.Slice(3 * ((x * after.Width) + after.Width - 1), 3).ToArray());
    }

    [Fact]
    public void Wide_gamut_colours_become_sRGB_and_are_left_alone_by_Reference()
    {
        using var image = new MagickImage(new MagickColor(200, 40, 40), 40, 30) { Quality = 100 };
        image.SetProfile(ColorProfiles.AdobeRGB1998);
        foreach (var format in new[] { MagickFormat.Jpeg, MagickFormat.Png24, MagickFormat.Tiff, MagickFormat.WebP })
        {
            var encoded = image.ToByteArray(format);
            var spec = PreprocessSpec.OpenAI(16);
            var seen = new ImagePipeline(spec).ProcessToBytes(encoded);
            var stored = new ImagePipeline(spec, ImagePolicy.Reference).ProcessToBytes(encoded);
            Assert.InRange(stored[0], 190, 210);
            Assert.True(seen[0] > stored[0] + 15, $"{format}: Adobe RGB's red 200 is {seen[0]}; as sRGB it is more saturated than {stored[0]}");
        }
    }

    [Fact]
    public void Cmyk_with_a_profile_is_converted_by_it()
    {
        using var image = new MagickImage(new MagickColor(30, 120, 200), 40, 30) { Quality = 95 };
        image.TransformColorSpace(ColorProfiles.SRGB, ColorProfiles.USWebCoatedSWOP);
        foreach (var format in new[] { MagickFormat.Jpeg, MagickFormat.Tiff })
        {
            var seen = new ImagePipeline(PreprocessSpec.OpenAI(16)).ProcessToBytes(image.ToByteArray(format));
            Assert.InRange(seen[0], 0, 80);
            Assert.InRange(seen[1], 95, 145);
            Assert.InRange(seen[2], 165, 225);
        }
    }

    [Theory]
    [InlineData(MagickFormat.Avif)]
    [InlineData(MagickFormat.Jp2)]
    [InlineData(MagickFormat.Jxl)]
    public void Reads_what_ImageMagick_writes(MagickFormat format)
    {
        using var image = new MagickImage(new MagickColor(30, 120, 200), 64, 48) { Quality = 95 };
        var bytes = new ImagePipeline(PreprocessSpec.OpenAI(16)).ProcessToBytes(image.ToByteArray(format));
        for (var i = 0; i < bytes.Length; i += 3)
        {
            Assert.InRange(bytes[i], 22, 38);
            Assert.InRange(bytes[i + 1], 112, 128);
            Assert.InRange(bytes[i + 2], 192, 208);
        }
    }

    internal static byte[] PngChunk(string name, byte[] body)
    {
        byte[] typed = [.. System.Text.Encoding.ASCII.GetBytes(name), .. body];
        var r = new byte[12 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(r, body.Length);
        typed.CopyTo(r, 4);
        BinaryPrimitives.WriteUInt32BigEndian(r.AsSpan(8 + body.Length), NClip.Images.Decoders.Crc32.Of(typed));
        return r;
    }

    /// <summary>The simple container becomes the extended one, with an EXIF chunk behind the picture.</summary>
    private static byte[] WithExif(byte[] webp, byte[] exif)
    {
        var picture = webp[12..];
        byte[] extended = [.. "VP8X"u8, 10, 0, 0, 0, 0x08, 0, 0, 0, (333 - 1) & 255, (333 - 1) >> 8, 0, 217 - 1, 0, 0];
        byte[] body = [.. "WEBP"u8, .. extended, .. picture, .. "EXIF"u8, (byte)exif.Length, 0, 0, 0, .. exif];
        byte[] r = [.. "RIFF"u8, 0, 0, 0, 0, .. body];
        BinaryPrimitives.WriteInt32LittleEndian(r.AsSpan(4), body.Length);
        return r;
    }

    /// <summary>Tag 274 in the place of one that does not matter here, 305 or the next free one.</summary>
    private static byte[] WithTiffOrientation(byte[] tiff)
    {
        var at = BinaryPrimitives.ReadInt32LittleEndian(tiff.AsSpan(4));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(tiff.AsSpan(at));
        byte[] entry = [0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0];
        byte[] r = [.. tiff, .. tiff[at..(at + 2)], .. tiff[(at + 2)..(at + 2 + (12 * count))], .. entry, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32LittleEndian(r.AsSpan(4), tiff.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(r.AsSpan(tiff.Length), (ushort)(count + 1));
        return r;
    }
}
