using System.Text.Json;

namespace NClip.Text.HuggingFace;

/// <summary>A value in a tokenizer's JSON file that knows its place, so that every refusal names it.</summary>
/// <param name="element">The value.</param>
/// <param name="parent">Place of what holds it; empty for the file itself.</param>
/// <param name="file">The file.</param>
/// <param name="name">Its name in an object, or null.</param>
/// <param name="index">Its number in an array, or -1.</param>
internal readonly struct TokenizerJson(JsonElement element, string parent, string file, string? name = null, int index = -1)
{
    public string File => file;

    // Put together only when asked for: a vocabulary has a quarter of a million members.
    private string Place => index >= 0 ? $"{parent}[{index}]" : name is null ? parent : parent.Length == 0 ? Excerpt.Of(name) : $"{parent}.{Excerpt.Of(name)}";

    public bool IsObject => element.ValueKind == JsonValueKind.Object;

    public bool IsText => element.ValueKind == JsonValueKind.String;

    /// <summary>A member, or null where it is absent or JSON's null.</summary>
    public TokenizerJson? Get(string member)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw Wrong("an object");
        var holder = element;
        var value = Decoded(() => holder.TryGetProperty(member, out var found) ? found : default);
        return value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? null : new TokenizerJson(value, Place, file, member);
    }

    public TokenizerJson Need(string name) => Get(name) ?? throw new TokenizerException($"{Named()} has no '{Excerpt.Of(name)}', which it needs. The file is cut or of another kind; download it again.", file);

    public string Text()
    {
        if (element.ValueKind != JsonValueKind.String)
            throw Wrong("a string");
        return Decoded(element.GetString)!;
    }

    public bool Flag() => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong("true or false"),
    };

    public int Number() => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var number) ? number : throw Wrong("a whole number");

    public double Real() => element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var number) && double.IsFinite(number) ? number : throw Wrong("a finite number");

    public IReadOnlyList<TokenizerJson> Items()
    {
        if (element.ValueKind != JsonValueKind.Array)
            throw Wrong("an array");
        var place = Place;
        var items = new List<TokenizerJson>(element.GetArrayLength());
        foreach (var item in element.EnumerateArray())
            items.Add(new TokenizerJson(item, place, file, index: items.Count));
        return items;
    }

    public IEnumerable<KeyValuePair<string, TokenizerJson>> Members()
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw Wrong("an object");
        var place = Place;
        foreach (var property in element.EnumerateObject())
        {
            var member = Decoded(() => property.Name);
            yield return KeyValuePair.Create(member, new TokenizerJson(property.Value, place, file, member));
        }
    }

    public bool Flag(string name, bool otherwise) => Get(name)?.Flag() ?? otherwise;

    public string? Text(string name) => Get(name)?.Text();

    /// <summary>A value that NClip does not know what to do with.</summary>
    public TokenizerException Unsupported(string found, string known) =>
        new($"{Named()} is {Excerpt.Of(found)}; NClip reads {known}. Use the model's other tokenizer files, or open an issue.", file);

    private TokenizerException Wrong(string expected) => new($"{Named()} is JSON of kind {element.ValueKind}, expected {expected}.", file);

    private string Named() => Place is { Length: > 0 } place ? $"'{place}'" : "the file";

    /// <summary>JSON can spell half a surrogate pair, which is no text.</summary>
    private T Decoded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException e)
        {
            throw new TokenizerException($"{Named()} holds half a surrogate pair, which is not text.", file, e);
        }
    }
}
