namespace NClip.Images.Decoders;

/// <summary>BMP's run-length codes for 4 and 8 bit, the rows from the bottom up or from the top down; pixels that are skipped stay 0.</summary>
internal static class BmpRunLength
{
    public static void Read(ReadOnlySpan<byte> b, int bits, bool topDown, Picture picture, DecodeRequest request)
    {
        picture.Pixels.Clear();
        var scale = picture.Mode == PixelMode.Bilevel ? 255 : 1;
        var (x, y, at) = (0, 0, 0);    // y counts the rows in the file's order
        while (y < picture.Height)
        {
            if (b.Length - at < 2) throw request.Truncated(ImageFormat.Bmp);
            var (count, value) = (b[at], b[at + 1]);
            at += 2;
            if (count > 0)
            {
                for (var i = 0; i < count; i++) Put(bits == 8 ? value : i % 2 == 0 ? value >> 4 : value & 15);
                continue;
            }
            switch (value)
            {
                case 0:
                    (x, y) = (0, y + 1);
                    break;
                case 1:
                    return;
                case 2:
                    if (b.Length - at < 2) throw request.Truncated(ImageFormat.Bmp);
                    (x, y) = (Math.Min(x + b[at], picture.Width), y + b[at + 1]);
                    at += 2;
                    break;
                default:
                    var bytes = ((value * bits) + 7) / 8;
                    if (b.Length - at < bytes) throw request.Truncated(ImageFormat.Bmp);
                    for (var i = 0; i < value; i++) Put(bits == 8 ? b[at + i] : i % 2 == 0 ? b[at + (i / 2)] >> 4 : b[at + (i / 2)] & 15);
                    at += (bytes + 1) & ~1;
                    break;
            }
        }

        void Put(int v)
        {
            if (x >= picture.Width) return;    // a run may reach over the edge
            picture.WritableRow(topDown ? y : picture.Height - 1 - y)[x] = (byte)(v * scale);
            x++;
        }
    }
}
