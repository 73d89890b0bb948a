using System.Reflection;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

namespace NClip.Tests;

/// <summary>xunit's tests without xunit's runner, which needs OpenSSL.</summary>
internal sealed record TestMethod(MethodInfo Method, object?[] Arguments)
{
    public string Name => $"{Method.DeclaringType!.Name}.{Method.Name}({string.Join(", ", Arguments)})";

    /// <summary>On an instance of its own; what went wrong, or null.</summary>
    public Exception? Run()
    {
        try
        {
            var instance = Activator.CreateInstance(Method.DeclaringType!);
            using (instance as IDisposable) (Method.Invoke(instance, BindingFlags.DoNotWrapExceptions, null, Arguments, null) as Task)?.GetAwaiter().GetResult();
            return null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return e;
        }
    }
}

internal static class TestMethods
{
    /// <summary>Every fact, and every theory with each of its rows, whose name holds one of the parts; all without parts.</summary>
    public static IReadOnlyList<TestMethod> Find(string[] parts) =>
    [
        .. from type in typeof(TestMethods).Assembly.GetTypes()
           from method in type.GetMethods()
           where method.GetCustomAttribute<FactAttribute>() is not null
           from row in Rows(method)
           let test = new TestMethod(method, row)
           where parts.Length == 0 || parts.Any(p => test.Name.Contains(p, StringComparison.Ordinal))
           select test,
    ];

    private static object?[][] Rows(MethodInfo method)
    {
        if (method.GetCustomAttribute<TheoryAttribute>() is null) return [[]];
        object?[][] rows = [.. ExtensibilityPointFactory.GetMethodDataAttributes(method).SelectMany(data => data.GetData(method, new DisposalTracker()).AsTask().GetAwaiter().GetResult()).Select(row => row.GetData())];
        return rows.Length > 0 ? rows : throw new InvalidOperationException($"the theory {method.Name} has no rows: nothing would be tested.");
    }
}
