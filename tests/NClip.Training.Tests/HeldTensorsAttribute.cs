using System.Reflection;
using NClip.Training.Tests;
using TorchSharp;
using Xunit.v3;
using static TorchSharp.torch;

[assembly: HeldTensors]

namespace NClip.Training.Tests;

/// <summary>
/// A scope of tensors around every test. TorchSharp gives native code a tensor's address and no hold of it: what nothing else refers to, as x.square() in x.square().sum(), may be freed by its finalizer
/// under the very call, and the process dies. A test whose thread has made a tensor outside of a scope, in its constructor above all, fails. Runs have scopes of their own (TinyRun).
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class HeldTensorsAttribute : BeforeAfterTestAttribute
{
    [ThreadStatic]
    private static DisposeScope? _scope;

    public override void Before(MethodInfo methodUnderTest, IXunitTest test) => _scope = NewDisposeScope();

    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        _scope?.Dispose(); // null where the test went on in another thread: nothing was held there
        _scope = null;
        var outside = DisposeScopeManager.Statistics.CreatedOutsideScopeCount;
        DisposeScopeManager.Statistics.Reset();
        if (outside > 0) throw new InvalidOperationException($"{outside} tensors were made in this thread outside of every dispose scope, by the test's constructor, or by what went on in a thread of the pool.");
    }
}
