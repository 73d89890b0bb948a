using NClip.Hub;
using Xunit;

namespace NClip.Tests.Hub;

public sealed class HubOptionsTests
{
    private static readonly string _home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    private static HubOptions Read(params (string Name, string Value)[] variables) => HubOptions.FromEnvironment(n => variables.FirstOrDefault(v => v.Name == n).Value);

    [Fact]
    public void Without_variables_the_folders_are_those_of_the_Python_libraries()
    {
        var o = Read(("HF_TOKEN_PATH", "/no/such/token"));
        Assert.Equal(new Uri("https://huggingface.co"), o.Endpoint);
        Assert.Equal(Path.Combine(_home, ".cache", "huggingface", "hub"), o.CacheFolder);
        Assert.Equal(Path.Combine(_home, ".cache", "clip"), o.OpenAIFolder);
        Assert.Null(o.Token);
        Assert.False(o.Offline);
    }

    [Fact]
    public void The_cache_folder_follows_the_variables_in_their_order()
    {
        Assert.Equal(Path.Combine("/x", "huggingface", "hub"), Read(("XDG_CACHE_HOME", "/x")).CacheFolder);
        Assert.Equal(Path.Combine("/h", "hub"), Read(("XDG_CACHE_HOME", "/x"), ("HF_HOME", "/h")).CacheFolder);
        Assert.Equal("/old", Read(("HF_HOME", "/h"), ("HUGGINGFACE_HUB_CACHE", "/old")).CacheFolder);
        Assert.Equal("/c", Read(("HF_HOME", "/h"), ("HUGGINGFACE_HUB_CACHE", "/old"), ("HF_HUB_CACHE", "/c")).CacheFolder);
        Assert.Equal(Path.Combine(_home, "mine"), Read(("HF_HUB_CACHE", "~/mine")).CacheFolder);
    }

    [Fact]
    public void The_token_comes_from_the_variable_else_from_the_file()
    {
        var home = Directory.CreateTempSubdirectory("nclip-hub-");
        try
        {
            File.WriteAllText(Path.Combine(home.FullName, "token"), "hf_of_the_file\n");
            Assert.Equal("hf_of_the_file", Read(("HF_HOME", home.FullName)).Token);
            Assert.Equal("hf_of_the_file", Read(("HF_TOKEN_PATH", Path.Combine(home.FullName, "token"))).Token);
            Assert.Equal("hf_v", Read(("HF_HOME", home.FullName), ("HF_TOKEN", " hf_v\r\n")).Token);
        }
        finally { home.Delete(recursive: true); }
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("true", true)]
    [InlineData("ON", true)]
    [InlineData("0", false)]
    [InlineData("no", false)]
    public void Offline_is_read_as_Python_reads_it(string value, bool expected)
    {
        Assert.Equal(expected, Read(("HF_HUB_OFFLINE", value)).Offline);
        Assert.Equal(expected, Read(("TRANSFORMERS_OFFLINE", value)).Offline);
    }

    [Fact]
    public void The_endpoint_is_a_mirror_or_refused()
    {
        Assert.Equal(new Uri("https://mirror.example"), Read(("HF_ENDPOINT", "https://mirror.example/")).Endpoint);
        Assert.Throws<HubException>(() => Read(("HF_ENDPOINT", "ftp://x")));
        Assert.Throws<HubException>(() => Read(("HF_ENDPOINT", "mirror")));
    }

    [Fact]
    public void A_token_is_never_printed() => Assert.DoesNotContain("hf_secret", Read(("HF_TOKEN", "hf_secret")).ToString(), StringComparison.Ordinal);
}
