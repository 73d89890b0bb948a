using NClip.Towers;
using NClip.Towers.Blocks;
using NClip.Towers.Image.Convolutional;
using NClip.Towers.Text;
using NClip.Training.Operators;
using static TorchSharp.torch;

namespace NClip.Training.Mini;

/// <summary>What nclip-mini's towers are, and their weights before training.</summary>
internal static class MiniSpec
{
    /// <summary>Channels of the shared space.</summary>
    public const int Embed = 512;

    /// <summary>Channels of the trunk's pooled features.</summary>
    public const int Pooled = 1280;

    /// <summary>ImageNet's classes, the background left out.</summary>
    public const int Classes = 1000;

    /// <summary>Tokens of a text's row.</summary>
    public const int Context = 48;

    /// <summary>Width of the sentence encoder's vectors, and of the mixing MLP.</summary>
    private const int Sentence = 384, Mixed = 512;

    /// <summary>The text tower.</summary>
    /// <param name="vocabulary">Tokens.</param>
    /// <param name="layers">Transformer blocks.</param>
    public static BagTransformerSpec Text(int vocabulary, int layers) => new(vocabulary, Context, layers, new TransformerBlockSpec(256, 4, 512, Activation.Gelu, 1e-5f), 16381, 512)
    {
        Projection = new(ProjectionKind.Linear, 256, Embed),
    };

    /// <summary>The trunk whose tensors are in the store under visual.trunk.</summary>
    public static ClassifiedTrunkSpec Trunk(ParameterStore store)
    {
        var shapes = store.Where(n => n.StartsWith("visual.trunk.", StringComparison.Ordinal)).ToDictionary(t => t.Name, t => new ModelTensor(t.Name, t.Value.shape, []));
        return (ClassifiedTrunkSpec)TowerKinds.Image.Infer(new ModelTensors("the trunk", Naming.OpenClip, shapes)) with { Classes = Classes };
    }

    /// <summary>Adds fresh weights of the image head.</summary>
    public static void InitializeHead(ParameterStore store, Generator g)
    {
        store.Add("visual.head.class_proj.weight", randn([Embed, Classes], generator: g).Times(0.03));
        store.Add("visual.head.proj.weight", randn([Embed, Pooled], generator: g).Times(0.03));
    }

    /// <summary>Adds fresh weights of what mixes the words' vectors with the sentence encoder's: at first the words' pass as they are.</summary>
    public static void InitializeMix(ParameterStore store, Generator g)
    {
        void Add(string name, Tensor t) => store.Add("text.mix." + name, t);
        Tensor Normal(double std, params long[] shape) => randn(shape, generator: g).Times(std);
        Add("words.weight", eye(Embed));
        Add("alone.weight", eye(Embed));
        Add("sentence.weight", Normal(0.3 / Math.Sqrt(Sentence), Embed, Sentence));
        Add("mlp.c_fc.weight", Normal(2 / Math.Sqrt(Sentence), Mixed, Sentence));
        Add("mlp.c_fc.bias", zeros(Mixed));
        Add("mlp.c_proj.weight", Normal(0.15 / Math.Sqrt(Mixed), Embed, Mixed));
    }

    /// <summary>Adds fresh weights of the text tower.</summary>
    public static void InitializeText(ParameterStore store, BagTransformerSpec spec, Generator g)
    {
        var (width, hidden) = (spec.Block.Width, spec.Block.MlpWidth);
        Tensor Normal(double std, params long[] shape) => randn(shape, generator: g).Times(std);
        void Add(string name, Tensor t) => store.Add("text." + name, t);
        void AddLinear(string name, int to, int from, double gain = 1)
        {
            Add(name + ".weight", Normal(gain / Math.Sqrt(from), to, from));
            Add(name + ".bias", zeros(to));
        }
        void AddNorm(string name)
        {
            Add(name + ".weight", ones(width));
            Add(name + ".bias", zeros(width));
        }

        Add("token_embedding.weight", Normal(0.05, spec.Vocabulary, width));
        Add("bigram_embedding.weight", Normal(0.01, spec.Pairs, width));
        Add("token_gate.weight", zeros(spec.Vocabulary, 1));
        Add("bag.proj.weight", Normal(1 / Math.Sqrt(width), Embed, width));
        AddLinear("bag.c_fc", spec.BagWidth, width);
        AddLinear("bag.c_proj", Embed, spec.BagWidth, 0.5);
        Add("positional_embedding", Normal(0.01, spec.Context, width));
        for (var i = 0; i < spec.Layers; i++)
        {
            var b = $"transformer.resblocks.{i}.";
            AddNorm(b + "ln_1");
            Add(b + "attn.in_proj_weight", Normal(1 / Math.Sqrt(width), 3 * width, width));
            Add(b + "attn.in_proj_bias", zeros(3 * width));
            AddLinear(b + "attn.out_proj", width, width, 0.5);
            AddNorm(b + "ln_2");
            AddLinear(b + "mlp.c_fc", hidden, width);
            AddLinear(b + "mlp.c_proj", width, hidden, 0.5);
        }
        AddNorm("ln_final");
        Add("text_projection", Normal(0.02 / Math.Sqrt(width), width, Embed));
    }
}
