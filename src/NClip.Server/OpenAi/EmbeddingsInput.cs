using System.Text.Json;
using NClip.Server.Api;
using NClip.Server.Guards;

namespace NClip.Server.OpenAi;

/// <summary>The "input" of a request: texts and pictures, in their order, as clients of OpenAI, Jina and vLLM send them.</summary>
internal sealed class EmbeddingsInput
{
    private readonly List<string> _texts = [];
    private readonly List<ReadOnlyMemory<byte>> _pictures = [];
    private readonly List<bool> _isText = [];

    private EmbeddingsInput() { }

    /// <summary>The texts.</summary>
    public IReadOnlyList<string> Texts => _texts;

    /// <summary>The pictures' files.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Pictures => _pictures;

    /// <summary>Reads it.</summary>
    /// <exception cref="RefusedException">It is none of the forms that are taken.</exception>
    public static EmbeddingsInput Of(JsonElement input, int most)
    {
        var r = new EmbeddingsInput();
        try
        {
            if (input.ValueKind == JsonValueKind.Array)
            {
                Inputs.Count(input.GetArrayLength(), most, "input");
                foreach (var item in input.EnumerateArray()) r.Add(item);
            }
            else r.Add(input);
            return r;
        }
        catch (InvalidOperationException) // texts are unescaped here, not when the body is read
        {
            throw RefusedException.Bad("a text of input has half of a character in it (\\ud800..\\udfff without its other half).", "input");
        }
    }

    /// <summary>Rows of texts and pictures in the order of the input.</summary>
    public IEnumerable<float[]> InOrder(float[][] texts, float[][] pictures)
    {
        var (t, p) = (0, 0);
        foreach (var isText in _isText) yield return isText ? texts[t++] : pictures[p++];
    }

    private void Add(JsonElement item)
    {
        switch (item.ValueKind)
        {
            case JsonValueKind.String when item.GetString()!.StartsWith("data:", StringComparison.OrdinalIgnoreCase):
                AddPicture(item.GetString()!);
                break;
            case JsonValueKind.String:
                _texts.Add(item.GetString()!);
                _isText.Add(true);
                break;
            case JsonValueKind.Object when Member(item, "text") is { } text:
                _texts.Add(text);
                _isText.Add(true);
                break;
            case JsonValueKind.Object when (Member(item, "image") ?? Member(item, "bytes") ?? Url(item)) is { } image:
                AddPicture(image);
                break;
            case JsonValueKind.Number or JsonValueKind.Array:
                throw RefusedException.Bad("input has token ids; this server takes texts, whose tokens are its model's own.", "input");
            default:
                throw RefusedException.Bad("input must be a text, a list of texts, or a list of {\"text\": ...} and {\"image\": BASE64 or data: address}.", "input");
        }
    }

    private void AddPicture(string text)
    {
        _pictures.Add(Inputs.Picture(text, "input"));
        _isText.Add(false);
    }

    private static string? Member(JsonElement item, string name) => item.TryGetProperty(name, out var m) && m.ValueKind == JsonValueKind.String ? m.GetString() : null;

    private static string? Url(JsonElement item)
        => !item.TryGetProperty("image_url", out var m) ? null : m.ValueKind == JsonValueKind.Object ? Member(m, "url") : m.ValueKind == JsonValueKind.String ? m.GetString() : null;
}
