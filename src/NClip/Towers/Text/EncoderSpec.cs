using NClip.Configuration;
using NClip.Towers.Blocks;

namespace NClip.Towers.Text;

/// <summary>A text encoder that CLIP did not bring along: padding is masked, its tokens are pooled as the model's configuration says. (open_clip hf_model.py, HFTextEncoder)</summary>
internal abstract record EncoderSpec(int Vocabulary, int Context) : TextTowerSpec(Vocabulary, Context)
{
    /// <summary>Context where no configuration says it, as in open_clip.</summary>
    protected const int UsualLength = 77;

    /// <summary>The id that fills rows up.</summary>
    public int PadId { get; init; }

    /// <summary>How tokens become one vector.</summary>
    public EncoderPooling Pooling { get; init; }

    /// <inheritdoc/>
    public override int? MaskedId => PadId;

    /// <summary>open_clip's text_cfg; the encoder's own configuration lies beside, if anywhere.</summary>
    public override TextTowerSpec WithOpenClip(OpenClipSection c)
    {
        var own = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(c.Section.File))!, "hf_text_config.json");
        var s = File.Exists(own) ? ConfigFile.Read(own, WithOwn) : this;
        return s with
        {
            Context = c.Section.Int("context_length", ConfigRange.Positions) ?? s.Context,
            Pooling = c.Section.String("hf_pooler_type") switch
            {
                null or "mean_pooler" => EncoderPooling.Mean,
                "cls_last_hidden_state_pooler" => EncoderPooling.First,
                "cls_pooler" => s.ClassPooling,
                var other => throw c.Section.Unknown("hf_pooler_type", other, "mean_pooler, cls_pooler and cls_last_hidden_state_pooler"),
            },
        };
    }

    /// <inheritdoc/>
    public override int UsedLength(ReadOnlySpan<long> row) => Math.Max(1, row.LastIndexOfAnyExcept(PadId) + 1);

    /// <summary>What open_clip's cls_pooler is for this encoder.</summary>
    protected virtual EncoderPooling ClassPooling => EncoderPooling.First;

    /// <summary>What the encoder's own config.json of transformers says.</summary>
    protected abstract EncoderSpec WithOwn(ConfigSection c);
}
