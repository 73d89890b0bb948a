using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NClip.Tests;
using Npgsql;
using Xunit;

[assembly: AssemblyFixture(typeof(NClip.Search.Tests.Postgres.Cluster))]

namespace NClip.Search.Tests.Postgres;

/// <summary>A coordinator and two workers, started with the first test that asks, where NCLIP_CLUSTER is 1 and the scripts lie beside this checkout; stopped after the last.</summary>
public sealed class Cluster : IDisposable
{
    private readonly Lazy<string> _started;
    private readonly int _port = FreePorts(3);
    private int _galleries;

    public Cluster() => _started = new Lazy<string>(() =>
    {
        // The servers run as the user postgres, who must get there.
        var folder = Directory.CreateTempSubdirectory("nclip-cluster-").FullName;
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        Run("build.sh");
        Run("cluster.sh", "start", folder, "2", Text(_port));
        return folder;
    });

    private static string Scripts => Path.GetFullPath(Path.Combine(Reference.Root, "..", "shared", "cluster"));

    /// <summary>The port of the coordinator.</summary>
    public int Coordinator => _port;

    /// <summary>The ports of the workers.</summary>
    public IReadOnlyList<int> Workers => [_port + 1, _port + 2];

    /// <summary>Ends the test where there is no cluster, and starts it where there is.</summary>
    public void Need()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("NCLIP_CLUSTER") == "1", "NCLIP_CLUSTER is not 1: a cluster of PostgreSQL is started only where it is asked for");
        Assert.SkipUnless(File.Exists(Path.Combine(Scripts, "cluster.sh")) && Environment.UserName == "root", "there are no scripts that start a cluster, or this user may not run them");
        _ = _started.Value;
    }

    /// <summary>The name of a gallery that is not there yet: a schema of its own.</summary>
    public string Gallery()
    {
        Need();
        var schema = $"g{Interlocked.Increment(ref _galleries)}";
        Ask($"CREATE SCHEMA {schema}");
        return $"{Server};Search Path={schema},public";
    }

    /// <summary>The first value of a statement's answer, on the coordinator.</summary>
    public object? Ask(string sql, string? gallery = null)
    {
        using var connection = new NpgsqlConnection(gallery ?? Server);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteScalar();
    }

    /// <summary>Ends all processes of a server at once.</summary>
    public void Kill(int port) => Run("cluster.sh", "kill", _started.Value, Text(port));

    /// <summary>Starts it again. Connections that were kept for the next test were to the one that has gone.</summary>
    public void Revive(int port)
    {
        Run("cluster.sh", "revive", _started.Value, Text(port));
        NpgsqlConnection.ClearAllPools();
    }

    public void Dispose()
    {
        if (!_started.IsValueCreated) return;
        NpgsqlConnection.ClearAllPools();
        Run("cluster.sh", "stop", _started.Value);
        Directory.Delete(_started.Value, recursive: true);
    }

    private string Server => $"Host=127.0.0.1;Port={Text(_port)};Username=postgres;Database=postgres";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static void Run(string script, params string[] arguments)
    {
        // Into a file: the servers keep what they are started with open.
        using var output = new TemporaryFolder();
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", "\"$@\" > \"$0\" 2>&1", output["log"], Path.Combine(Scripts, script), .. arguments]))!;
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{script} {string.Join(' ', arguments)}: {File.ReadAllText(output["log"])}");
    }

    private static int FreePorts(int count)
    {
        for (var port = 20_000 + (Environment.ProcessId % 10_000); ; port += count)
            if (Enumerable.Range(port, count).All(IsFree)) return port;

        static bool IsFree(int port)
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return true;
            }
            catch (SocketException) { return false; }
        }
    }
}
