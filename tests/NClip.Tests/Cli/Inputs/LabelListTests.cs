using NClip.Cli;
using NClip.Cli.Inputs;
using Xunit;

namespace NClip.Tests.Cli.Inputs;

public sealed class LabelListTests
{
    private static string[] Labels(params string[] inline) => [.. LabelList.Read(inline, null, _ => { }).Select(c => c.Label)];

    [Theory]
    [InlineData("cat,dog,bird")]
    [InlineData("cat，dog，bird")]
    [InlineData("cat、dog，bird")]
    [InlineData(" cat , dog,, bird ,")]
    [InlineData("cat;dog; bird")]
    [InlineData("cat；dog；bird；")]
    [InlineData("cat\ndog\r\nbird\n")]
    [InlineData("cat,dog\nbird")]
    public void Commas_of_both_scripts_separate_labels_and_semicolons_where_there_is_none(string text) => Assert.Equal(["cat", "dog", "bird"], Labels(text));

    [Fact]
    public void Beside_a_comma_a_semicolon_belongs_to_the_label() => Assert.Equal(["salt; pepper", "oil"], Labels("salt; pepper, oil"));

    [Fact]
    public void The_option_may_be_given_several_times() => Assert.Equal(["苹果", "香蕉", "橙子"], Labels("苹果，香蕉", "橙子"));

    [Fact]
    public void Several_names_of_a_class_are_joined_by_a_bar()
    {
        var classes = LabelList.Read(["cat|kitten| tomcat ,dog"], null, _ => { });
        Assert.Equal(["cat", "kitten", "tomcat"], classes[0].Names);
        Assert.Equal(("cat", "dog"), (classes[0].Label, classes[1].Label));
    }

    [Fact]
    public void A_label_given_twice_is_one_class_and_is_named()
    {
        var again = new List<string>();
        Assert.Equal(["cat", "dog"], LabelList.Read(["cat,dog,cat"], null, again.Add).Select(c => c.Label));
        Assert.Equal(["cat"], again);
    }

    [Fact]
    public void A_file_has_a_label_a_line_with_commas_kept_and_comments_left_out()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("labels.txt", "\uFEFF# animals\ncat|kitten\n\n  salt, pepper  \r\n狗\n");
        Assert.Equal(["cat", "salt, pepper", "狗"], LabelList.Read([], new FileInfo(file), _ => { }).Select(c => c.Label));
    }

    [Fact]
    public void The_name_of_a_prompt_set_stands_for_its_classes() => Assert.Equal(10, LabelList.Read([], new FileInfo("cifar10"), _ => { }).Count);

    [Theory]
    [InlineData("")]
    [InlineData(" , ，、")]
    public void No_label_is_refused(string text) => Assert.Contains("--labels cat,dog", Assert.Throws<UsageException>(() => Labels(text)).Message);

    [Fact]
    public void A_file_that_is_missing_or_no_text_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["latin1.txt"], [0x63, 0xE9, 0x0A]);
        Assert.Contains("none.txt", Assert.Throws<UsageException>(() => LabelList.Read([], new FileInfo(folder["none.txt"]), _ => { })).Message);
        Assert.Contains("UTF-8", Assert.Throws<UsageException>(() => LabelList.Read([], new FileInfo(folder["latin1.txt"]), _ => { })).Message);
    }
}
