using System.Buffers;
using SkiaSharp;

namespace NClip.Images.Decoders;

/// <summary>One of Skia's codecs over a file in memory, without copying it.</summary>
internal sealed unsafe class SkiaCodec : IDisposable
{
    private readonly DecodeRequest _request;
    private readonly ImageFormat _format;
    private readonly SKCodec? _codec;
    private readonly SKData _data;
    private readonly SKColorSpace? _target;
    private MemoryHandle _pin;
    private SKImageInfo _output;

    /// <exception cref="ImageException">The header cannot be read, or says a size that is not accepted.</exception>
    public SkiaCodec(ReadOnlyMemory<byte> file, ImageFormat format, DecodeRequest request)
    {
        (_request, _format) = (request, format);
        _pin = file.Pin();
        _data = SKData.Create((IntPtr)_pin.Pointer, file.Length);
        try
        {
            _codec = SKCodec.Create(new SKMemoryStream(_data), out var result);
            if (_codec is null) throw Failure(result);
            request.CheckSize(_codec.Info.Width, _codec.Info.Height);
            if (request.Policy == ImagePolicy.Natural && _codec.Info.ColorSpace is { IsSrgb: false }) _target = SKColorSpace.CreateSrgb();
            _output = OutputOf(_codec.Info, _codec.Info.Width, _codec.Info.Height);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Size and mode of what is decoded.</summary>
    public (int Width, int Height, PixelMode Mode) Output => (_output.Width, _output.Height, _output.ColorType == SKColorType.Gray8 ? PixelMode.Grey : _output.IsOpaque ? PixelMode.Rgb : PixelMode.Rgba);

    /// <summary>Decodes at 1/<paramref name="divisor"/> of the size from now on, as far as the codec can.</summary>
    public void Reduce(int divisor)
    {
        var size = _codec!.GetScaledDimensions(1f / divisor);
        _output = OutputOf(_codec.Info, size.Width, size.Height);
    }

    /// <summary>The whole picture.</summary>
    public void ReadAll(Picture picture)
    {
        fixed (byte* pixels = picture.Pixels)
        {
            var result = _codec!.GetPixels(_output, (IntPtr)pixels, picture.RowBytes, SKCodecOptions.Default);
            if (result != SKCodecResult.Success) throw Failure(result);
        }
    }

    /// <summary>Starts reading row by row.</summary>
    public void Start()
    {
        var result = _codec!.StartScanlineDecode(_output);
        if (result != SKCodecResult.Success) throw Failure(result);
    }

    /// <summary>The next <paramref name="count"/> rows.</summary>
    public void Read(Span<byte> rows, int count)
    {
        fixed (byte* to = rows)
            if (_codec!.GetScanlines((IntPtr)to, count, rows.Length / count) < count) throw _request.Truncated(_format);
    }

    public void Dispose()
    {
        _codec?.Dispose();
        _target?.Dispose();
        _data.Dispose();
        _pin.Dispose();
    }

    /// <summary>Colours are converted only where a profile that is not sRGB asks for it; else the stored values come out.</summary>
    private SKImageInfo OutputOf(SKImageInfo stored, int width, int height) => new(width, height,
        stored.ColorType == SKColorType.Gray8 && _target is null ? SKColorType.Gray8 : SKColorType.Rgba8888,
        stored.IsOpaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul, _target);

    private ImageException Failure(SKCodecResult result) => result == SKCodecResult.IncompleteInput ? _request.Truncated(_format)
        : _request.Broken(_format, $"its {(_codec is null ? "header" : "pixels")} cannot be decoded ({result})");
}
