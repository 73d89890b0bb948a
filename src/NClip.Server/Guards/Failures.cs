using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NClip.Images;
using NClip.Search;
using NClip.Text;

namespace NClip.Server.Guards;

/// <summary>Errors as answers, all in OpenAI's shape: <c>{"error":{"message","type","param","code"}}</c>. No stack, no path of the machine but what the gallery shows anyway.</summary>
internal static class Failures
{
    public static async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context).ConfigureAwait(false);
            if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentLength: null, ContentType: null } r) await WriteAsync(context, r.StatusCode, Words(r.StatusCode)).ConfigureAwait(false);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested) { /* nobody is there any more, or the server has stopped */ }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            context.Response.Clear();
            SecurityHeaders.Set(context.Response);
            await (e switch
            {
                RefusedException r => WriteAsync(context, r.Status, (r.Code, r.Message), r.Parameter),
                BadHttpRequestException b => WriteAsync(context, b.StatusCode, ("bad_request", b.Message)),
                JsonException j => WriteAsync(context, StatusCodes.Status400BadRequest, ("invalid_json", $"the body is not the JSON that is expected here: {j.Message}")),
                ImageException or ContextOverflowException => WriteAsync(context, StatusCodes.Status400BadRequest, ("invalid_value", e.Message)),
                OperationCanceledException => WriteAsync(context, StatusCodes.Status504GatewayTimeout, Words(StatusCodes.Status504GatewayTimeout)),
                _ => Unforeseen(context, e),
            }).ConfigureAwait(false);
        }
    }

    /// <summary>Writes an error.</summary>
    public static Task WriteAsync(HttpContext context, int status, (string Code, string Message) what, string? parameter = null)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable) context.Response.Headers.RetryAfter = "1";
        var type = status == StatusCodes.Status401Unauthorized ? "authentication_error" : status == StatusCodes.Status429TooManyRequests ? "rate_limit_error" : status >= 500 ? "server_error" : "invalid_request_error";
        return context.Response.WriteAsJsonAsync(new ErrorAnswer(new(what.Message, type, parameter, what.Code)));
    }

    private static Task Unforeseen(HttpContext context, Exception e)
    {
        context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("NClip.Server").Log(LogLevel.Error, default, e, e, static (_, e) => $"a request failed: {e?.Message}");
        return WriteAsync(context, StatusCodes.Status500InternalServerError, ("internal", e is SearchException ? "the gallery cannot be read; the server's log says why." : "this request failed; the server's log says why."));
    }

    /// <summary>What a status says where nobody said more.</summary>
    public static (string Code, string Message) Words(int status) => status switch
    {
        400 => ("bad_request", "this request is not understood. /openapi/v1.json says what is."),
        401 => ("invalid_api_key", "this server wants its key: Authorization: Bearer KEY."),
        404 => ("not_found", "there is nothing at this address. /openapi/v1.json lists what is."),
        405 => ("method_not_allowed", "this address takes another method. /openapi/v1.json says which."),
        413 => ("too_large", "the body is larger than this server takes."),
        415 => ("unsupported_media_type", "the body's Content-Type is not taken here."),
        429 => ("rate_limit_exceeded", "too many requests are waiting. Try again in a second."),
        503 => ("overloaded", "too many texts and pictures are waiting for the model. Try again in a second."),
        504 => ("timeout", "this request took longer than the server allows."),
        _ => ("error", FormattableString.Invariant($"the request failed ({status}).")),
    };
}

/// <summary>An error as OpenAI's clients read it.</summary>
internal sealed record ErrorAnswer(ErrorFacts Error);

/// <summary>What went wrong.</summary>
internal sealed record ErrorFacts(string Message, string Type, string? Param, string Code);
