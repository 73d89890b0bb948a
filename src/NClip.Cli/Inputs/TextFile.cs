using System.Text;

namespace NClip.Cli.Inputs;

/// <summary>Small text files of a call (labels, templates): UTF-8, with or without a byte order mark.</summary>
internal static class TextFile
{
    /// <summary>All lines.</summary>
    /// <exception cref="UsageException">The file cannot be read, or is not UTF-8.</exception>
    public static string[] Lines(FileInfo file, string option)
    {
        try
        {
            var strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
            return File.ReadAllLines(file.FullName, strict);
        }
        catch (DecoderFallbackException e) { throw new UsageException($"{option} {file}: not UTF-8 text. Save it as UTF-8.", e); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw new UsageException($"{option} {file}: cannot be read ({e.Message})", e); }
    }
}
