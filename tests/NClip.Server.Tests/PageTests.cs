using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;

namespace NClip.Server.Tests;

/// <summary>The page in a real Chromium, where one is on PATH. NCLIP_SCREENSHOTS names a folder that gets pictures of it.</summary>
public sealed class PageTests : IAsyncLifetime
{
    private const string Evil = "<img src=x onerror=\"document.title='evil'\">.png";

    private static readonly string? _chromium = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).SelectMany(d => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(n => Path.Combine(d, n))).FirstOrDefault(File.Exists);

    private readonly System.Collections.Concurrent.ConcurrentQueue<string> _errors = new();
    private Served _server = null!;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(_chromium is null, "there is no chromium on PATH: apt-get install chromium");
        _server = await Served.StartAsync(add: photos =>
        {
            if (!OperatingSystem.IsWindows()) File.Copy(Served.Sample("coffee.png"), Path.Combine(photos, Evil));
        });
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = _chromium, Args = ["--no-sandbox"] });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        if (_server is not null) await _server.DisposeAsync();
        Assert.Empty(_errors); // of the page's own scripts
    }

    private async Task<IPage> OpenAsync(BrowserNewContextOptions? options = null)
    {
        var context = await _browser!.NewContextAsync(options ?? new() { Locale = "en-US", ViewportSize = new() { Width = 1200, Height = 800 } });
        context.SetDefaultTimeout(60_000); // on a busy machine
        var page = await context.NewPageAsync();
        page.PageError += (_, e) => _errors.Enqueue(e);
        await page.GotoAsync(_server.Http.BaseAddress!.ToString());
        await ReadyAsync(page);
        return page;
    }

    // A function: a bare expression is evaluated anew each time, which the page forbids.
    private static Task<IJSHandle> ReadyAsync(IPage page) => page.WaitForFunctionAsync("() => document.body.dataset.state === 'ready'");

    private static async Task ShootAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("NCLIP_SCREENSHOTS") is { Length: > 0 } folder) await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png") });
    }

    private static async Task NothingSerious(IPage page)
    {
        var found = await page.RunAxe();
        var serious = found.Violations.Where(v => v.Impact is "serious" or "critical").Select(v => $"{v.Id}: {v.Help} {string.Join(' ', v.Nodes.Select(n => n.Html))}").ToArray();
        Assert.True(serious.Length == 0, string.Join('\n', serious));
    }

    private static ILocator Tiles(IPage page) => page.Locator("#content .tile");

    [Fact]
    public async Task It_shows_all_pictures_then_what_words_find_as_they_are_typed()
    {
        var page = await OpenAsync();
        await Assertions.Expect(Tiles(page)).ToHaveCountAsync(4);
        await Assertions.Expect(page.Locator("#say")).ToHaveTextAsync("4 pictures");
        await page.Locator("#slider").WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await page.Locator("#words").PressSequentiallyAsync("a cup of coffee");
        await Assertions.Expect(page.Locator("#say")).ToContainTextAsync("found");
        var best = _server.Gallery.Search(_server.Clip.EncodeText("a cup of coffee"), 1)[0][0];
        await Assertions.Expect(Tiles(page).First).ToHaveAttributeAsync("title", best.File);
        await page.Locator("#slider").FillAsync("0.6"); // a score that no picture has
        await Assertions.Expect(page.Locator("#say")).ToHaveTextAsync("Nothing found.");
        await page.Locator("#words").PressAsync("Escape");
        await Assertions.Expect(page.Locator("#say")).ToHaveTextAsync("4 pictures");
    }

    [Fact]
    public async Task A_picture_that_is_dropped_finds_what_is_like_it()
    {
        var page = await OpenAsync();
        var bytes = Convert.ToBase64String(await File.ReadAllBytesAsync(Served.Sample("rocket.jpg"), TestContext.Current.CancellationToken));
        await page.EvaluateAsync("""
            base64 => {
              const data = new DataTransfer();
              data.items.add(new File([Uint8Array.from(atob(base64), c => c.charCodeAt(0))], 'mine.jpg', { type: 'image/jpeg' }));
              document.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
            }
            """, bytes);
        await Assertions.Expect(page.Locator(".chip")).ToContainTextAsync("mine.jpg");
        await Assertions.Expect(Tiles(page).First).ToHaveAttributeAsync("title", Path.Combine(_server.Photos, "rocket.jpg"));
        await page.Locator(".chip").ClickAsync();
        await Assertions.Expect(page.Locator("#say")).ToHaveTextAsync("4 pictures");
    }

    [Fact]
    public async Task The_keyboard_goes_through_the_pictures_and_their_facts()
    {
        var page = await OpenAsync();
        await page.Keyboard.PressAsync("/");
        await Assertions.Expect(page.Locator("#words")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        await Assertions.Expect(page.Locator("[data-n='0']")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(page.Locator("[data-n='1']")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#details")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("#facts")).ToContainTextAsync("451 × 300");
        await Assertions.Expect(page.Locator("#name")).ToHaveTextAsync("chelsea.png");
        await NothingSerious(page);
        await ShootAsync(page, "details");
        await page.Keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(page.Locator("#name")).ToHaveTextAsync("coffee.png");
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.Locator("#details")).ToBeHiddenAsync();
        await Assertions.Expect(page.Locator("[data-n='2']")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("#more").ClickAsync();
        await Assertions.Expect(page.Locator(".chip")).ToContainTextAsync("like coffee.png");
    }

    [Fact]
    public async Task A_name_that_is_markup_is_shown_as_text()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no file has such a name there");
        var page = await OpenAsync();
        await page.Locator("[data-n='0']").ClickAsync();
        await Assertions.Expect(page.Locator("#name")).ToHaveTextAsync(Evil);
        await Assertions.Expect(page.Locator("#facts")).ToContainTextAsync(Evil);
        await page.Locator("#more").ClickAsync();
        await Assertions.Expect(page.Locator(".chip")).ToContainTextAsync(Evil);
        await page.Locator("[data-view='duplicates']").ClickAsync();
        await Assertions.Expect(page.Locator(".group h2")).ToContainTextAsync("keep");
        await Assertions.Expect(page.Locator("img[src='x']")).ToHaveCountAsync(0);
        Assert.Equal("NClip", await page.TitleAsync());
    }

    [Fact]
    public async Task Duplicates_and_map_have_their_views()
    {
        var page = await OpenAsync();
        await page.Locator("[data-view='duplicates']").ClickAsync();
        await Assertions.Expect(page.Locator(".group")).ToHaveCountAsync(OperatingSystem.IsWindows() ? 0 : 1);
        await NothingSerious(page);
        await ShootAsync(page, "duplicates");
        await page.Locator("[data-view='map']").ClickAsync();
        await Assertions.Expect(page.Locator(".map .tile")).ToHaveCountAsync(3); // of equal files one
        await NothingSerious(page);
        await ShootAsync(page, "map");
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1200)]
    [InlineData(ColorScheme.Dark, 1200)]
    [InlineData(ColorScheme.Dark, 390)]
    public async Task It_is_accessible_by_day_by_night_and_on_a_phone(ColorScheme scheme, int width)
    {
        var page = await OpenAsync(new() { Locale = "en-US", ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 800 }, HasTouch = width < 500, IsMobile = width < 500 });
        await page.Locator("#words").FillAsync("a cat");
        await Assertions.Expect(page.Locator("#say")).ToContainTextAsync("found");
        await page.Locator("#filters summary").ClickAsync();
        await NothingSerious(page);
        Assert.Equal(scheme == ColorScheme.Dark ? "rgb(20, 20, 23)" : "rgb(255, 255, 255)", await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the screen");
        await ShootAsync(page, $"{scheme}-{width}".ToLowerInvariant());
    }

    [Fact]
    public async Task It_speaks_Chinese_where_the_browser_does()
    {
        var page = await OpenAsync(new() { Locale = "zh-CN" });
        await Assertions.Expect(page.Locator("#say")).ToHaveTextAsync("4 张图片");
        Assert.Equal("zh", await page.EvaluateAsync<string>("document.documentElement.lang"));
    }

    [Fact]
    public async Task A_hundred_thousand_pictures_are_scrolled_with_a_few_in_the_page()
    {
        var page = await OpenAsync();
        await page.RouteAsync("**/api/pictures?*", async route =>
        {
            var ask = System.Web.HttpUtility.ParseQueryString(new Uri(route.Request.Url).Query);
            var (from, count) = (int.Parse(ask["offset"] ?? "0", System.Globalization.CultureInfo.InvariantCulture), int.Parse(ask["count"]!, System.Globalization.CultureInfo.InvariantCulture));
            var pictures = string.Join(',', Enumerable.Range(from, count).Select(i => FormattableString.Invariant($$"""{"id":"{{_server.Id("coffee.png")}}","file":"/p/{{i}}.png","width":{{300 + (i % 7 * 100)}},"height":400}""")));
            await route.FulfillAsync(new() { ContentType = "application/json", Body = FormattableString.Invariant($$"""{"total":100000,"offset":{{from}},"pictures":[{{pictures}}]}""") });
        });
        await page.ReloadAsync();
        await Assertions.Expect(page.Locator("#say")).ToHaveTextAsync("100000 pictures");
        await page.EvaluateAsync("document.getElementById('scroller').scrollTop = document.getElementById('content').clientHeight / 2");
        await page.WaitForFunctionAsync("() => [...document.querySelectorAll('.tile')].some(t => Number(t.dataset.n) > 40000)");
        Assert.InRange(await Tiles(page).CountAsync(), 5, 400);
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("End");
        await Assertions.Expect(page.Locator("[data-n='99999']")).ToBeFocusedAsync();
    }
}
