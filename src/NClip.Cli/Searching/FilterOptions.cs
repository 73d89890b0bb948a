using System.CommandLine;
using System.Globalization;
using NClip.Search;

namespace NClip.Cli.Searching;

/// <summary>The options that say which pictures a search may find.</summary>
internal sealed class FilterOptions
{
    private static readonly string[] _times = ["yyyy", "yyyy-M", "yyyy-M-d", "yyyy-M-d H:m", "yyyy-M-d H:m:s", "yyyy-M-dTH:m", "yyyy-M-dTH:m:s"];

    private readonly Option<DateTime?> _after = Time("--after", "Taken then or later, by the camera's clock.");
    private readonly Option<DateTime?> _before = Time("--before", "Taken before then.");
    private readonly Option<string?> _path = new("--path") { Description = "Only files whose path has this in it, or, with * and ?, is like this.", HelpName = "TEXT|PATTERN" };
    private readonly Option<string?> _caption = new("--caption") { Description = "Only pictures whose caption, the text beside them, has these words in it.", HelpName = "WORDS" };
    private readonly Option<NearPlace?> _near = new("--near")
    {
        Description = "Taken within so many kilometres of a place.",
        HelpName = "LAT,LON,KM",
        CustomParser = r =>
        {
            if (Place(r.Tokens[0].Value) is { } place) return place;
            r.AddError($"--near is '{r.Tokens[0].Value}'; it must be degrees north, degrees east and kilometres, as in 48.86,2.35,5.");
            return null;
        },
    };
    private readonly Option<(int, int)?> _size = new("--size")
    {
        Description = "At least so many pixels, whichever side is the longer.",
        HelpName = "WxH",
        CustomParser = r =>
        {
            if (Size(r.Tokens[0].Value) is { } size) return size;
            r.AddError($"--size is '{r.Tokens[0].Value}'; it must be width and height in pixels, as in 1920x1080.");
            return null;
        },
    };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var o in (Option[])[_after, _before, _path, _caption, _near, _size]) command.Add(o);
    }

    /// <summary>What the call says.</summary>
    public SearchFilter Read(ParseResult call) => new(call.GetValue(_after), call.GetValue(_before), call.GetValue(_path), call.GetValue(_near), call.GetValue(_size)) { Caption = call.GetValue(_caption) };

    /// <summary>A time as 2024, 2024-05-17 or 2024-05-17T18:30; null where it is none.</summary>
    public static DateTime? Date(string text) => DateTime.TryParseExact(text, _times, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;

    /// <summary>A place as LAT,LON,KM; null where it is none.</summary>
    public static NearPlace? Place(string text)
        => Numbers(text, ',') is [>= -90 and <= 90 and var lat, >= -180 and <= 180 and var lon, >= 0 and var km] ? new NearPlace(lat, lon, km) : null;

    /// <summary>The longer and the shorter side of WxH; null where it is none.</summary>
    public static (int Long, int Short)? Size(string text)
        => Numbers(text.ToLowerInvariant(), 'x') is [>= 1 and <= 1_000_000 and var a, >= 1 and <= 1_000_000 and var b] && a % 1 == 0 && b % 1 == 0 ? ((int)Math.Max(a, b), (int)Math.Min(a, b)) : null;

    private static Option<DateTime?> Time(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "DATE",
        CustomParser = r =>
        {
            if (Date(r.Tokens[0].Value) is { } time) return time;
            r.AddError($"{name} is '{r.Tokens[0].Value}'; it must be a date as in 2024, 2024-05, 2024-05-17 or \"2024-05-17 18:30\".");
            return null;
        },
    };

    private static double[]? Numbers(string text, char separator)
    {
        var parts = text.Split(separator);
        var numbers = new double[parts.Length];
        for (var i = 0; i < parts.Length; i++)
            if (!double.TryParse(parts[i].Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i])) return null;
        return numbers;
    }
}
