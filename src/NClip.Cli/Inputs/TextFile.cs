using System.Text;

namespace NClip.Cli.Inputs;

/// <summary>Text files of a call (labels, templates, lists, texts): UTF-8, with or without a byte order mark.</summary>
internal static class TextFile
{
    /// <summary>All lines of a small one.</summary>
    /// <exception cref="UsageException">The file cannot be read, or is not UTF-8.</exception>
    public static string[] Lines(FileInfo file, string option)
    {
        try
        {
            var strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
            return File.ReadAllLines(file.FullName, strict);
        }
        catch (DecoderFallbackException e) { throw new UsageException($"{option} {file}: not UTF-8 text. Save it as UTF-8.", e); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw Unreadable(file.ToString(), option, e); }
    }

    /// <summary>Opens a file, or standard input for <c>-</c>.</summary>
    /// <exception cref="UsageException">It cannot be opened.</exception>
    public static StreamReader Open(string file, string option, Terminal terminal)
    {
        try { return new StreamReader(file == PictureInputs.StandardInput ? terminal.Input() : File.OpenRead(file), Encoding.UTF8, detectEncodingFromByteOrderMarks: true, bufferSize: 1 << 16); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw Unreadable(file, option, e); }
    }

    private static UsageException Unreadable(string file, string option, Exception e) => new($"{option} {file}: cannot be read: {e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "there is no such file. Check the path.",
        UnauthorizedAccessException when Directory.Exists(file) => "this is a folder. Name a file.",
        UnauthorizedAccessException => "you have no right to.",
        _ => e.Message,
    }}", e);
}
