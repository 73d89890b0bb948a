using NClip.Checkpoints;
using NClip.Training.Data;
using NClip.Training.Towers;

namespace NClip.Training.Mini;

internal sealed class MiniRun
{
    public MiniRun(MiniPaths paths)
    {
        Paths = paths;
        WordNet = new WordNet(paths.WordNet, Path.Combine(paths.Data, "chinese-wordnet/wn-data-cmn.tab"));
        Names = new ImageNetNames(paths, WordNet);
        Sets = new PictureSets(paths, Names, WordNet);
    }
    public MiniPaths Paths { get; }
    public WordNet WordNet { get; }
    public ImageNetNames Names { get; }
    public PictureSets Sets { get; }

    public void Features()
    {
        var store = new ParameterStore();
        store.Load(StateDict.Open(Paths.Tower), "visual.trunk.");
        var cache = new FeatureCache(Path.Combine(Paths.Work, "features"), new MobileNetV2(store, "visual.trunk."));
        foreach (var split in new[] { "train", "val" }) cache.Get($"flickr-{split}", Sets.Flickr(split).English.Items);
        cache.Get("fruit", Sets.Folder("fruit", "train").Items);
        cache.Get("cifar10", Sets.Folder("cifar10", "test").Items);
        cache.Get("imagenet-samples", Sets.ImageNet("imagenet-samples", Path.Combine(Paths.Data, "imagenet-samples"), "photos").Items);
        foreach (var set in PictureSets.Labelled)
        {
            cache.Get(set + "-train", Sets.Labels(set, "train", true).Items);
            if (Directory.GetFiles(Path.Combine(Paths.Wider, set), "eval*").Length > 0) cache.Get(set + "-eval", Sets.Labels(set, "eval", true).Items);
        }
        cache.Get("products-train", Sets.Titles("products", "train").Items);
        cache.Get("products-eval", Sets.Titles("products", "eval").Items);
    }
}
