using System.Diagnostics;
using System.Runtime.InteropServices;
using NClip.Images.Resize;
using NClip.Tests;

// NClip.PlatformTests [--kernel NAME] [PART...]: the tests whose names hold one of the parts (all without one), with the fastest resize kernel of this processor or the one that is named.
var kernel = args.Length > 1 && args[0] == "--kernel" ? args[1] : null;
var parts = kernel is null ? args : args[2..];
AppContext.SetData("NClip.Images.ResizeKernel", kernel);
var names = ResampleKernels.Supported.Select(k => k.Name).ToArray();
var used = ResampleKernels.Supported.Single(k => k.Kernel == ResampleKernels.Best).Name;
Console.WriteLine($"{RuntimeInformation.ProcessArchitecture}, {RuntimeInformation.FrameworkDescription}; resize kernel {used} of {string.Join(", ", names)}");
if (kernel is not null && kernel != used) return Refused($"there is no resize kernel '{kernel}' here");

var tests = TestMethods.Find(parts);
if (tests.Count == 0) return Refused($"no test has one of these in its name: {string.Join(", ", parts)}");
var clock = Stopwatch.StartNew();
var failed = 0;
Parallel.ForEach(tests, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, test =>
{
    if (test.Run() is not { } error) return;
    Interlocked.Increment(ref failed);
    Console.WriteLine($"FAIL  {test.Name}\n      {error.ToString().Replace("\n", "\n      ", StringComparison.Ordinal)}");
});
Console.WriteLine($"{tests.Count - failed} passed, {failed} failed ({clock.Elapsed.TotalSeconds:0} s)");
return failed == 0 ? 0 : 1;

static int Refused(string why)
{
    Console.Error.WriteLine($"error: {why}.");
    return 2;
}
