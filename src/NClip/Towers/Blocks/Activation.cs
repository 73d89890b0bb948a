using NClip.Configuration;

namespace NClip.Towers.Blocks;

/// <summary>The nonlinearity of a feed-forward layer.</summary>
internal enum Activation
{
    /// <summary>x·sigmoid(1.702x), what OpenAI trained with.</summary>
    QuickGelu,

    /// <summary>x/2·(1+erf(x/√2)).</summary>
    Gelu,

    /// <summary>x/2·(1+tanh(√(2/π)(x+0.044715x³))).</summary>
    GeluTanh,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x·sigmoid(x), also called swish.</summary>
    Silu,
}

/// <summary>transformers' names of the nonlinearities.</summary>
internal static class ActivationNames
{
    /// <summary>The first of several names is the one that is written.</summary>
    private static readonly (string Name, Activation Activation)[] _all =
    [
        ("quick_gelu", Activation.QuickGelu), ("gelu", Activation.Gelu), ("relu", Activation.Relu), ("silu", Activation.Silu), ("swish", Activation.Silu),
        ("gelu_pytorch_tanh", Activation.GeluTanh), ("gelu_new", Activation.GeluTanh), ("gelu_fast", Activation.GeluTanh),
    ];

    /// <summary>The name that transformers knows.</summary>
    public static string NameOf(Activation activation) => _all.First(a => a.Activation == activation).Name;

    /// <summary>hidden_act (or another key), or what the family has.</summary>
    public static Activation Read(HuggingFaceSection c, string key = "hidden_act") => c.String(key) is var (by, name) ? Find(name) ?? throw by.Unknown(key, name, Known) : Find(c.Rules.Activation)!.Value;

    private static string Known => string.Join(", ", _all.Select(a => a.Name).SkipLast(1)) + " and " + _all[^1].Name;

    private static Activation? Find(string name) => _all.FirstOrDefault(a => a.Name == name) is { Name: not null } known ? known.Activation : null;
}
