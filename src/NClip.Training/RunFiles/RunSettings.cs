namespace NClip.Training.RunFiles;

/// <summary>A run as its file and the command line say it, checked. Paths are as the system wants them.</summary>
internal sealed record RunSettings
{
    /// <summary>Folder of everything that the run writes.</summary>
    public string Output { get; init; } = "";

    /// <summary>Seed of weights, order, captions, crops, dropped patches.</summary>
    public int Seed { get; init; }

    /// <summary>What is trained.</summary>
    public ModelSettings Model { get; init; } = new();

    /// <summary>What it is trained on.</summary>
    public IReadOnlyList<SourceSettings> Sources { get; init; } = [];

    /// <summary>How it is measured meanwhile.</summary>
    public IReadOnlyList<EvaluationSettings> Evaluations { get; init; } = [];

    /// <summary>What chance does to pictures.</summary>
    public AugmentSettings Augment { get; init; } = new();

    /// <summary>How it is trained.</summary>
    public TrainSettings Train { get; init; } = new();

    /// <summary>Whom it listens to.</summary>
    public DistillSettings Distill { get; init; } = new();
}

/// <summary>What is trained: one of <see cref="Config"/>, <see cref="Init"/>, <see cref="Like"/>.</summary>
internal sealed record ModelSettings
{
    public string Config { get; init; } = "";

    public string Init { get; init; } = "";

    public string Like { get; init; } = "";

    public bool LockImage { get; init; }

    public bool LockText { get; init; }

    public int UnlockedGroups { get; init; }

    public double PatchDropout { get; init; }

    public double Dropout { get; init; }
}

/// <summary>A source of pairs.</summary>
internal sealed record SourceSettings
{
    public string Source { get; init; } = "";

    public double Weight { get; init; } = 1;

    public string Templates { get; init; } = "";

    public string ImageColumn { get; init; } = "";

    public string CaptionColumn { get; init; } = "";

    public string LabelColumn { get; init; } = "";

    public string ImageRoot { get; init; } = "";

    public bool CaptionPerLine { get; init; } = true;
}

/// <summary>A figure that is taken during the run.</summary>
internal sealed record EvaluationSettings
{
    public string Kind { get; init; } = "";

    public string Source { get; init; } = "";

    public string Classes { get; init; } = "";

    public string Templates { get; init; } = "";

    public int Every { get; init; }
}

/// <summary>What chance does to pictures; the defaults are open_clip's.</summary>
internal sealed record AugmentSettings
{
    public double SmallestArea { get; init; } = 0.9;

    public double Flip { get; init; }

    public double Brightness { get; init; }

    public double Contrast { get; init; }

    public double Saturation { get; init; }

    public double Hue { get; init; }

    public double JitterChance { get; init; } = 1;

    public double Grey { get; init; }
}

/// <summary>A teacher whose distribution over the batch is learned beside the pairs.</summary>
internal sealed record DistillSettings
{
    public string Teacher { get; init; } = "";

    public double Weight { get; init; } = 1;
}

/// <summary>How it is trained.</summary>
internal sealed record TrainSettings
{
    public string Loss { get; init; } = "clip";

    public string Positives { get; init; } = "";

    public double LabelSmoothing { get; init; }

    public int LossChunk { get; init; }

    public double ClassWeight { get; init; } = 1;

    public int Batch { get; init; } = 64;

    public int Accumulate { get; init; } = 1;

    public int Steps { get; init; }

    public double Epochs { get; init; }

    public double Lr { get; init; } = 5e-4;

    public double LrEnd { get; init; }

    public int Warmup { get; init; }

    public string Schedule { get; init; } = "cosine";

    public int Cooldown { get; init; }

    public double CooldownPower { get; init; } = 1;

    public double Beta1 { get; init; } = 0.9;

    public double Beta2 { get; init; } = 0.98;

    public double Epsilon { get; init; } = 1e-6;

    public double WeightDecay { get; init; } = 0.2;

    public double LayerDecay { get; init; } = 1;

    public double ClipNorm { get; init; }

    public double Ema { get; init; }

    public string Precision { get; init; } = "fp32";

    public bool Recompute { get; init; }

    public double Tripwire { get; init; } = 4;

    public double Guard { get; init; } = 0.1;

    public double[] WiseFt { get; init; } = [];

    public int Window { get; init; } = 2000;

    public double MaxBroken { get; init; } = 0.1;

    public int CheckpointEvery { get; init; } = 1000;

    public int Keep { get; init; } = 2;

    public int Workers { get; init; }

    public int Threads { get; init; }
}
