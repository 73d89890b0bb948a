namespace NClip.Images.Decoders;

/// <summary>BMP's run-length codes for 4 and 8 bit, bottom row first; pixels that are skipped stay 0.</summary>
internal static class BmpRunLength
{
    public static void Read(ReadOnlySpan<byte> b, int bits, Picture picture, DecodeRequest request)
    {
        picture.Pixels.Clear();
        var scale = picture.Mode == PixelMode.Bilevel ? 255 : 1;
        var (x, y, at) = (0, picture.Height - 1, 0);
        while (true)
        {
            if (b.Length - at < 2) throw request.Truncated("BMP");
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
                    (x, y) = (0, y - 1);
                    break;
                case 1:
                    return;
                case 2:
                    if (b.Length - at < 2) throw request.Truncated("BMP");
                    (x, y) = (x + b[at], y - b[at + 1]);
                    at += 2;
                    break;
                default:
                    var bytes = ((value * bits) + 7) / 8;
                    if (b.Length - at < bytes) throw request.Truncated("BMP");
                    for (var i = 0; i < value; i++) Put(bits == 8 ? b[at + i] : i % 2 == 0 ? b[at + (i / 2)] >> 4 : b[at + (i / 2)] & 15);
                    at += (bytes + 1) & ~1;
                    break;
            }
        }

        void Put(int v)
        {
            if (y >= 0 && x < picture.Width) picture.WritableRow(y)[x] = (byte)(v * scale);
            x++;
        }
    }
}
