namespace NClip.Hub;

/// <summary>Where an answer sends the request to: only addresses that a hub can have.</summary>
internal static class Redirect
{
    /// <summary>How many are followed.</summary>
    public const int Most = 10;

    /// <summary>The next address, or null where the answer is no redirect.</summary>
    /// <exception cref="HubException">It is no http or https address, or would give up the encryption.</exception>
    public static Uri? Of(HttpResponseMessage response, Uri from)
    {
        if ((int)response.StatusCode is < 300 or >= 400) return null;
        if (HubClient.Header(response, "Location") is not { Length: > 0 } location)
            throw new HubException(HubError.Protocol, $"{ServerText.Shown(from)} answers {(int)response.StatusCode} without saying where to. Is HF_ENDPOINT a hub?");
        if (!Uri.TryCreate(from, location, out var next) || next.Port == 0)
            throw Refused(from, location, "is no address that can be asked (scheme, host or port)");
        if (next.Scheme is not ("http" or "https")) throw Refused(from, location, "is neither http nor https");
        if (from.Scheme == "https" && next.Scheme != "https") throw Refused(from, location, "is unencrypted");
        return next;
    }

    public static HubException TooMany(Uri last) => new(HubError.Protocol, $"more than {Most} redirects, the last to {ServerText.Shown(last)}. Is HF_ENDPOINT a hub?");

    private static HubException Refused(Uri from, string to, string why) =>
        new(HubError.Protocol, $"{ServerText.Shown(from)} redirects to '{ServerText.Shown(to.Split('?')[0])}', which {why}; this is not followed. Is HF_ENDPOINT a hub?");
}
