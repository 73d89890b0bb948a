using System.Text.Json;
using System.Text.Json.Serialization;

namespace NClip.Server.OpenAi;

/// <summary>What POST /v1/embeddings takes.</summary>
/// <param name="Input">A text, a list of texts, or a list of objects with "text" or "image"; a text that begins with data:image/ is a picture.</param>
/// <param name="Model">The name that /v1/models gives; nothing else is here.</param>
/// <param name="EncodingFormat">"float" or "base64" (float32, little endian).</param>
/// <param name="Dimensions">The model's own, or nothing: its vectors cannot be cut.</param>
/// <param name="User">Not looked at.</param>
internal sealed record EmbeddingsRequest(
    JsonElement Input,
    string? Model,
    [property: JsonPropertyName("encoding_format")] string? EncodingFormat,
    int? Dimensions,
    string? User);

/// <summary>What it answers.</summary>
internal sealed record EmbeddingsAnswer(string Object, IReadOnlyList<EmbeddingRow> Data, string Model, EmbeddingsUsage Usage);

/// <summary>One vector: numbers, or base64 of them.</summary>
internal sealed record EmbeddingRow(string Object, object Embedding, int Index);

/// <summary>Tokens of the texts; pictures have none.</summary>
internal sealed record EmbeddingsUsage([property: JsonPropertyName("prompt_tokens")] int PromptTokens, [property: JsonPropertyName("total_tokens")] int TotalTokens);

/// <summary>The models that are here: one.</summary>
internal sealed record ModelsAnswer(string Object, IReadOnlyList<ModelFacts> Data);

/// <summary>A model as OpenAI's clients read it.</summary>
internal sealed record ModelFacts(string Id, string Object, long Created, [property: JsonPropertyName("owned_by")] string OwnedBy);
