namespace NClip.Towers.Blocks;

/// <summary>How a text encoder's tokens become one vector. Names are those of open_clip's hf_model.py.</summary>
internal enum EncoderPooling
{
    /// <summary>mean_pooler: the mean of the tokens that are not padding.</summary>
    Mean,

    /// <summary>cls_last_hidden_state_pooler: the first token.</summary>
    First,

    /// <summary>cls_pooler: tanh of a linear layer of the first token.</summary>
    FirstDense,

    /// <summary>AltCLIP's: a linear layer of the first token's layer norm.</summary>
    FirstNormDense,
}
