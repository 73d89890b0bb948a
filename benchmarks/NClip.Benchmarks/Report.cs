using System.Globalization;
using System.Text;
using System.Text.Json;

namespace NClip.Benchmarks;

/// <summary>Writes one benchmark's result as one JSON line: the keys given, then the measure's median and every repeat.</summary>
internal static class Report
{
    public static void Write(string work, string measure, IReadOnlyList<double> repeats, params (string Key, object Value)[] facts)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("work", work);
            foreach (var (key, value) in facts)
            {
                if (value is string text) json.WriteString(key, text);
                else json.WriteNumber(key, Convert.ToDouble(value, CultureInfo.InvariantCulture));
            }
            json.WriteNumber(measure, Significant(Median(repeats)));
            json.WriteStartArray("repeats");
            foreach (var r in repeats) json.WriteNumberValue(Significant(r));
            json.WriteEndArray();
            json.WriteEndObject();
        }
        Console.WriteLine(Encoding.UTF8.GetString(buffer.ToArray()));
    }

    private static double Median(IReadOnlyList<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static double Significant(double value) => double.Parse(value.ToString("G5", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
