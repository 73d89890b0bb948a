using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using NClip.Extensions;
using NClip.Inference;
using Xunit;

namespace NClip.Tests;

/// <summary>The end of a model: native memory is never freed beneath a call.</summary>
public sealed class DisposalTests
{
    private static readonly string _model = Reference.Path("model_tiny/a_openai_vit/model_f32.safetensors");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static Clip Open(string? model = null) => Clip.Open(model ?? _model, options: new ClipOptions(Threads: 1));

    [Fact]
    public void Calls_of_eight_threads_outlive_a_hundred_models()
    {
        const int Threads = 8, Rounds = 100;
        Clip clip = Open();
        var (pixels, tokens) = (new float[2 * 3 * clip.Spec.Preprocess.Height * clip.Spec.Preprocess.Width], new long[2 * clip.Spec.Context.Length]);
        var (images, texts) = (new ImageBatch(pixels, 2, clip.Spec.Preprocess.Height, clip.Spec.Preprocess.Width), new TokenBatch(tokens, 2, clip.Spec.Context.Length));
        clip.Dispose();
        using var round = new Barrier(Threads + 1);
        var (wrong, ended, answered) = (new ConcurrentQueue<Exception>(), 0, 0);
        var threads = Enumerable.Range(0, Threads).Select(t => new Thread(() => { for (var i = 0; i < Rounds; i++) Round(t); })).ToArray();
        foreach (var t in threads) t.Start();
        for (var i = 0; i < Rounds; i++)
        {
            clip = Open();
            round.SignalAndWait(Stop);
            var before = Volatile.Read(ref answered);
            if (i % 4 < 3) Thread.Sleep(i % 4);                                                              // before the first session, or in its making
            else SpinWait.SpinUntil(() => Volatile.Read(ref answered) >= before + Threads, TimeSpan.FromSeconds(20)); // in a run
            clip.Dispose();
            round.SignalAndWait(Stop);
        }
        foreach (var t in threads) t.Join();
        Assert.Empty(wrong);
        Assert.Equal(Threads * Rounds, ended);
        Assert.True(answered > Rounds, $"{answered} calls were answered before their model ended; the rounds are too short to show anything");

        void Round(int thread)
        {
            round.SignalAndWait();
            try
            {
                for (; ; Interlocked.Increment(ref answered))
                    if (thread % 2 == 0) clip.EncodeImage(images);
                    else clip.EncodeText(texts);
            }
            catch (ObjectDisposedException) { Interlocked.Increment(ref ended); }
            catch (Exception e) { wrong.Enqueue(e); }
            round.SignalAndWait();
        }
    }

    [Fact]
    public unsafe void Memory_is_never_freed_beneath_a_call_in_a_thousand_rounds_of_eight_threads()
    {
        const int Threads = 8, Rounds = 1000;
        var life = new Lifetime("thing");
        var (memory, torn, ended) = ((nint)0, 0, 0);
        using var round = new Barrier(Threads + 1);
        var threads = Enumerable.Range(0, Threads).Select(_ => new Thread(() => { for (var i = 0; i < Rounds; i++) Round(); })).ToArray();
        foreach (var t in threads) t.Start();
        for (var i = 0; i < Rounds; i++)
        {
            life = new Lifetime("thing");
            memory = (nint)NativeMemory.AllocZeroed(64);
            round.SignalAndWait(Stop);
            Thread.SpinWait(i);
            Assert.True(life.End());
            *(long*)memory = -1;
            round.SignalAndWait(Stop);
            NativeMemory.Free((void*)memory);
            life.Dispose();
        }
        foreach (var t in threads) t.Join();
        Assert.Equal(0, torn);
        Assert.Equal(Threads * Rounds, ended);

        void Round()
        {
            round.SignalAndWait();
            try
            {
                while (true) life.Run(_ => { Thread.SpinWait(20); if (*(long*)memory < 0) Interlocked.Increment(ref torn); }, CancellationToken.None);
            }
            catch (ObjectDisposedException) { Interlocked.Increment(ref ended); }
            round.SignalAndWait();
        }
    }

    [Fact]
    public async Task After_its_end_every_member_says_so()
    {
        var clip = Open(Cli.Call.Model);
        var sample = Cli.Call.Sample("chelsea.png");
        var (images, texts, generator) = (clip.Preprocess(sample), clip.Tokenize("a cat"), new ClipEmbeddingGenerator(clip));
        var (features, classifier, stream) = (clip.EncodeImage(images), clip.CreateClassifier("cat", "dog"), clip.EncodeImagesAsync(Enumerable.Repeat(sample, 100), Stop).GetAsyncEnumerator(Stop));
        Assert.True(await stream.MoveNextAsync());
        clip.Dispose();
        clip.Dispose();

        Func<object?>[] members =
        [
            () => clip.Spec, () => clip.LogitScale, () => clip.LogitBias, () => clip.Templates, () => clip.Preprocess(sample), () => clip.Tokenize("a cat"), () => clip.EncodeImage(images),
            () => clip.EncodeText(texts), () => clip.EncodeImage(sample), () => clip.EncodeText("a cat"), () => clip.EncodeImagesAsync([sample]), () => clip.Logits(images, texts),
            () => clip.Similarity(features, features), () => clip.CreateClassifier("cat", "dog"), () => clip.Classify(sample, "cat", "dog"), () => clip.UnknownLabels(["cat"]), () => clip.WarmAsync(),
        ];
        foreach (var (i, member) in members.Index()) Assert.True(Record.Exception(member) is ObjectDisposedException, $"member {i} did not say that the model was disposed");
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await generator.GenerateAsync(["a cat"], cancellationToken: Stop));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await clip.ClassifyAsync(sample, ["cat"], Stop));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => { while (await stream.MoveNextAsync()) { } });
        Assert.Equal(2, classifier.Classify(features.Row(0)).Ranked.Count);
    }

    [Fact]
    public async Task The_end_waits_for_a_call_and_a_cancelled_call_says_that_it_was_cancelled()
    {
        using var life = new Lifetime("thing");
        using var entered = new SemaphoreSlim(0);
        var left = false;
        var call = Task.Run(() => life.Run(stop => { entered.Release(); stop.WaitHandle.WaitOne(); Thread.Sleep(50); left = true; stop.ThrowIfCancellationRequested(); }, Stop), Stop);
        await entered.WaitAsync(Stop);
        Assert.True(life.End());
        Assert.True(left);
        Assert.False(life.End());
        Assert.Contains("thing", (await Assert.ThrowsAsync<ObjectDisposedException>(() => call)).Message, StringComparison.Ordinal);

        using var clip = Open();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        Assert.Equal(cancelled.Token, Assert.ThrowsAny<OperationCanceledException>(() => clip.EncodeText(new TokenBatch(new long[clip.Spec.Context.Length], 1, clip.Spec.Context.Length), cancelled.Token)).CancellationToken);
    }
}
