using NClip.Training.Data;

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
}
