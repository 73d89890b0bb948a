namespace NClip.Training.RunFiles;

/// <summary>Every key that a run file may have: what reads it, describes it and compares two runs.</summary>
internal static class RunKeys
{
    public static IReadOnlyList<RunKey<RunSettings>> Root { get; } =
    [
        new("output", "folder of the run: checkpoints/, model/, metrics.jsonl; made where it is not there", s => s.Output, (s, v) => s with { Output = v.Path() }, Decides: false),
        new("seed", "of weights, order, captions, crops, dropped patches", s => s.Seed, (s, v) => s with { Seed = v.Whole() }),
    ];

    public static IReadOnlyList<RunKey<ModelSettings>> Model { get; } =
    [
        new("config", "an open_clip configuration: the model begins with random weights", s => s.Config, (s, v) => s with { Config = v.Path() }),
        new("init", "folder, file or name of a model whose weights the run begins with", s => s.Init, (s, v) => s with { Init = v.FileOrName() }),
        new("like", "folder, file or name of a model whose architecture begins with random weights", s => s.Like, (s, v) => s with { Like = v.FileOrName() }),
        new("lock_image", "the image tower stands still (LiT)", s => s.LockImage, (s, v) => s with { LockImage = v.Flag() }),
        new("lock_text", "the text tower stands still", s => s.LockText, (s, v) => s with { LockText = v.Flag() }),
        new("unlocked_groups", "of a locked tower so many groups are trained: 1 the projection, 2 the last block too, ...", s => s.UnlockedGroups, (s, v) => s with { UnlockedGroups = v.Whole(0, 1000) }),
        new("patch_dropout", "share of a picture's patches left out in training, 0..1 (FLIP)", s => s.PatchDropout, (s, v) => s with { PatchDropout = v.Number(0, 0.99) }),
        new("dropout", "share of elements zeroed where a tower has dropout, 0..1", s => s.Dropout, (s, v) => s with { Dropout = v.Number(0, 0.99) }),
    ];

    public static IReadOnlyList<RunKey<SourceSettings>> Source { get; } =
    [
        new("source", "shards, a table or a folder, as docs/data.md has them; synthetic://SIDE is noise in memory", s => s.Source, (s, v) => s with { Source = v.Path() }),
        new("weight", "how often it is drawn, relative to the others", s => s.Weight, (s, v) => s with { Weight = v.Number(1e-9) }),
        new("templates", "sentences for the class names of a folder per class: default, a file with one a line, or a set such as imagenet", s => s.Templates, (s, v) => s with { Templates = v.FileOrName() }),
        new("image_column", "a table's column with the picture's path", s => s.ImageColumn, (s, v) => s with { ImageColumn = v.Text() }),
        new("caption_column", "a table's column with the caption", s => s.CaptionColumn, (s, v) => s with { CaptionColumn = v.Text() }),
        new("label_column", "a table's column with the class", s => s.LabelColumn, (s, v) => s with { LabelColumn = v.Text() }),
        new("image_root", "where a table's relative paths start; else at the table", s => s.ImageRoot, (s, v) => s with { ImageRoot = v.Path() }),
        new("caption_per_line", "whether each line of a text file is a caption", s => s.CaptionPerLine, (s, v) => s with { CaptionPerLine = v.Flag() }),
    ];

    public static IReadOnlyList<RunKey<EvaluationSettings>> Evaluation { get; } =
    [
        new("kind", "what is measured: pairs (own text among the batch's), retrieval, zero-shot", s => s.Kind, (s, v) => s with { Kind = v.Text() }, Decides: false),
        new("source", "the data, as above", s => s.Source, (s, v) => s with { Source = v.Path() }, Decides: false),
        new("classes", "of zero-shot: a file with a class name a line, or a set such as imagenet; else those of the data", s => s.Classes, (s, v) => s with { Classes = v.FileOrName() }, Decides: false),
        new("templates", "of zero-shot: default, a file with a sentence a line, or a set such as imagenet; else the model's own", s => s.Templates, (s, v) => s with { Templates = v.FileOrName() }, Decides: false),
        new("every", "steps between two measurements; 0 is 1000, with init each epoch too. There is one at the end in any case, with init one before the first step", s => s.Every, (s, v) => s with { Every = v.Whole() }, Decides: false),
    ];

    public static IReadOnlyList<RunKey<AugmentSettings>> Augment { get; } =
    [
        new("smallest_area", "least share of a picture's area that a crop keeps, 0..1", s => s.SmallestArea, (s, v) => s with { SmallestArea = v.Number(0.001, 1) }),
        new("flip", "chance of a mirrored picture, 0..1", s => s.Flip, (s, v) => s with { Flip = v.Number(0, 1) }),
        new("brightness", "how far it may move: factors of 1 - x .. 1 + x", s => s.Brightness, (s, v) => s with { Brightness = v.Number(0, 10) }),
        new("contrast", "the same", s => s.Contrast, (s, v) => s with { Contrast = v.Number(0, 10) }),
        new("saturation", "the same", s => s.Saturation, (s, v) => s with { Saturation = v.Number(0, 10) }),
        new("hue", "how far it may turn, 0..0.5 of the colour circle", s => s.Hue, (s, v) => s with { Hue = v.Number(0, 0.5) }),
        new("jitter_chance", "chance that colours are changed at all, 0..1", s => s.JitterChance, (s, v) => s with { JitterChance = v.Number(0, 1) }),
        new("grey", "chance of a picture without colours, 0..1", s => s.Grey, (s, v) => s with { Grey = v.Number(0, 1) }),
    ];

    public static IReadOnlyList<RunKey<DistillSettings>> Distill { get; } =
    [
        new("teacher", "folder, file or name of a model whose distribution over the batch is learned too", s => s.Teacher, (s, v) => s with { Teacher = v.FileOrName() }),
        new("weight", "of its loss", s => s.Weight, (s, v) => s with { Weight = v.Number() }),
    ];

    public static IReadOnlyList<RunKey<TrainSettings>> Train { get; } =
    [
        new("loss", "clip (InfoNCE), siglip (sigmoid), clip+classes (InfoNCE and a classifier of the pictures' classes)", s => s.Loss, (s, v) => s with { Loss = v.Word("clip", "siglip", "clip+classes") }),
        new("positives", "which texts of the batch fit a picture: own, caption (equal texts too), class (those of its class too); \"\" is class for clip+classes, else own", s => s.Positives, (s, v) => s with { Positives = v.Word("own", "caption", "class") }),
        new("label_smoothing", "of InfoNCE, 0..1", s => s.LabelSmoothing, (s, v) => s with { LabelSmoothing = v.Number(0, 0.999) }),
        new("loss_chunk", "pictures whose logits are in memory at once (siglip); 0 is all", s => s.LossChunk, (s, v) => s with { LossChunk = v.Whole() }),
        new("class_weight", "of the classifier's loss (clip+classes)", s => s.ClassWeight, (s, v) => s with { ClassWeight = v.Number() }),
        new("batch", "pairs of one step, all of which the loss sees", s => s.Batch, (s, v) => s with { Batch = v.Whole(2, 1 << 20) }),
        new("accumulate", "parts in which the batch is encoded, twice each, for less memory; gradients are the whole batch's", s => s.Accumulate, (s, v) => s with { Accumulate = v.Whole(1, 1 << 16) }),
        new("steps", "length of the run; or epochs", s => s.Steps, (s, v) => s with { Steps = v.Whole(1) }),
        new("epochs", "length of the run, in times that the data is seen; needs its number", s => s.Epochs, (s, v) => s with { Epochs = v.Number(1e-6) }),
        new("lr", "learning rate after the warm-up", s => s.Lr, (s, v) => s with { Lr = v.Number(1e-12) }),
        new("lr_end", "learning rate at the end of a cooldown", s => s.LrEnd, (s, v) => s with { LrEnd = v.Number() }),
        new("warmup", "steps in which the rate rises from 0", s => s.Warmup, (s, v) => s with { Warmup = v.Whole() }),
        new("schedule", "cosine, constant, cooldown (constant, then down)", s => s.Schedule, (s, v) => s with { Schedule = v.Word("cosine", "constant", "cooldown") }),
        new("cooldown", "last steps in which a cooldown goes down", s => s.Cooldown, (s, v) => s with { Cooldown = v.Whole() }),
        new("cooldown_power", "its curve: 1 is a line", s => s.CooldownPower, (s, v) => s with { CooldownPower = v.Number(0.01, 100) }),
        new("beta1", "AdamW's decay of the mean", s => s.Beta1, (s, v) => s with { Beta1 = v.Number(0, 0.9999999) }),
        new("beta2", "of the variance", s => s.Beta2, (s, v) => s with { Beta2 = v.Number(0, 0.9999999) }),
        new("epsilon", "added to its root", s => s.Epsilon, (s, v) => s with { Epsilon = v.Number() }),
        new("weight_decay", "of matrices; biases, gains and the logit scale have none", s => s.WeightDecay, (s, v) => s with { WeightDecay = v.Number() }),
        new("layer_decay", "factor of the rate from each block to the one below it", s => s.LayerDecay, (s, v) => s with { LayerDecay = v.Number(0.01, 1) }),
        new("clip_norm", "longest gradient; 0 is no limit", s => s.ClipNorm, (s, v) => s with { ClipNorm = v.Number() }),
        new("ema", "decay of an average of the weights, which then is the model; 0 is none", s => s.Ema, (s, v) => s with { Ema = v.Number(0, 0.9999999) }),
        new("precision", "fp32, or bf16 (products in bfloat16, weights and sums in float32)", s => s.Precision, (s, v) => s with { Precision = v.Word("fp32", "bf16") }),
        new("recompute", "blocks forget their insides and compute them again on the way back: less memory, a third more time", s => s.Recompute, (s, v) => s with { Recompute = v.Flag() }),
        new("tripwire", "the run stops where the loss stays above so many times its first values; 0 is never", s => s.Tripwire, (s, v) => s with { Tripwire = v.Number() }, Decides: false),
        new("guard", "share of the best first figure of an evaluation that may be lost before the run warns; 0 is never", s => s.Guard, (s, v) => s with { Guard = v.Number(0, 1) }, Decides: false),
        new("wise_ft", "shares of the way from init's weights to the last, 0..1, at which a model is measured and written too (WiSE-FT)", s => s.WiseFt, (s, v) => s with { WiseFt = v.OneOrSeveral(0, 1) }, Decides: false),
        new("window", "neighbours that are brought into random order together", s => s.Window, (s, v) => s with { Window = v.Whole(1) }),
        new("max_broken", "share of broken samples, 0..1, beyond which the run stops", s => s.MaxBroken, (s, v) => s with { MaxBroken = v.Number(0, 1) }, Decides: false),
        new("checkpoint_every", "steps between two checkpoints", s => s.CheckpointEvery, (s, v) => s with { CheckpointEvery = v.Whole(1) }, Decides: false),
        new("keep", "checkpoints that are kept", s => s.Keep, (s, v) => s with { Keep = v.Whole(1) }, Decides: false),
        new("workers", "pictures decoded at once; 0 is the machine's processors", s => s.Workers, (s, v) => s with { Workers = v.Whole(0, 1024) }, Decides: false),
        new("threads", "of the arithmetic; 0 is the machine's processors, or what the run began with", s => s.Threads, (s, v) => s with { Threads = v.Whole(0, 1024) }, Decides: false),
    ];
}
