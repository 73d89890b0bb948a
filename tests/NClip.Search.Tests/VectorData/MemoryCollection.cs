using System.Linq.Expressions;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.VectorData;
using NClip.Search.VectorData;
using Xunit;

namespace NClip.Search.Tests.VectorData;

/// <summary>
/// A vector store in memory that does what the abstractions promise and no more: records are copies, vectors come only where they are asked for, an order comes only with a search,
/// filters are comparisons of a property with a constant, and no page of records is longer than fifty. It scores by cosine distance, so that nobody takes its scores for cosines.
/// </summary>
internal sealed class MemoryCollection : VectorStoreCollection<Guid, PictureRecord>
{
    private const int Page = 50;

    private readonly SortedDictionary<Guid, PictureRecord> _records = [];
    private bool _exists;

    public override string Name => "pictures";

    /// <summary>Records it has.</summary>
    public IReadOnlyCollection<PictureRecord> Records => _records.Values;

    /// <summary>Records that were sent since it was made.</summary>
    public int Sent { get; private set; }

    /// <summary>How many more records it takes before it is lost; null: any number.</summary>
    public int? Room { get; set; }

    public override Task<bool> CollectionExistsAsync(CancellationToken cancellationToken = default) => Task.FromResult(_exists);

    public override Task EnsureCollectionExistsAsync(CancellationToken cancellationToken = default)
    {
        _exists = true;
        return Task.CompletedTask;
    }

    public override Task EnsureCollectionDeletedAsync(CancellationToken cancellationToken = default)
    {
        _exists = false;
        _records.Clear();
        return Task.CompletedTask;
    }

    public override Task<PictureRecord?> GetAsync(Guid key, RecordRetrievalOptions? options = null, CancellationToken cancellationToken = default)
        => Task.FromResult(There().TryGetValue(key, out var r) ? Copy(r, options?.IncludeVectors == true) : null);

    public override async IAsyncEnumerable<PictureRecord> GetAsync(Expression<Func<PictureRecord, bool>> filter, int top, FilteredRecordRetrievalOptions<PictureRecord>? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        foreach (var r in There().Values.Where(Compile(filter)).Skip(options?.Skip ?? 0).Take(Math.Min(top, Page)).ToArray()) yield return Copy(r, options?.IncludeVectors == true);
    }

    public override Task DeleteAsync(Guid key, CancellationToken cancellationToken = default)
    {
        There().Remove(key);
        return Task.CompletedTask;
    }

    public override async Task UpsertAsync(PictureRecord record, CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        if (Room-- == 0) throw new VectorStoreException("Call to vector store failed.", new IOException("connection refused (127.0.0.1:6334)"));
        Assert.NotEqual(Guid.Empty, record.Key);
        There()[record.Key] = Copy(record, true);
        Sent++;
    }

    public override async Task UpsertAsync(IEnumerable<PictureRecord> records, CancellationToken cancellationToken = default)
    {
        foreach (var r in records) await UpsertAsync(r, cancellationToken);
    }

    public override async IAsyncEnumerable<VectorSearchResult<PictureRecord>> SearchAsync<TInput>(TInput searchValue, int top, VectorSearchOptions<PictureRecord>? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var query = searchValue is ReadOnlyMemory<float> q ? q : throw new NotSupportedException($"{typeof(TInput)} is no vector, and there is no embedding generator");
        await Task.Yield();
        var found = There().Values.Where(options?.Filter is { } f ? Compile(f) : _ => true)
            .Select(r => (Record: r, Distance: 1 - TensorPrimitives.CosineSimilarity(query.Span, r.Vector.Span))).OrderBy(r => r.Distance);
        foreach (var (r, distance) in found.Skip(options?.Skip ?? 0).Take(top).ToArray()) yield return new VectorSearchResult<PictureRecord>(Copy(r, options?.IncludeVectors == true), distance);
    }

    public override object? GetService(Type serviceType, object? serviceKey = null) => null;

    private SortedDictionary<Guid, PictureRecord> There() => _exists ? _records : throw new VectorStoreException("there is no collection 'pictures'");

    private static Func<PictureRecord, bool> Compile(Expression<Func<PictureRecord, bool>> filter)
    {
        AssertPlain(filter.Body);
        return filter.Compile(preferInterpretation: true);
    }

    // What the translators of stores have in common.
    private static void AssertPlain(Expression e)
    {
        if (e is BinaryExpression { NodeType: ExpressionType.AndAlso or ExpressionType.OrElse } both)
        {
            AssertPlain(both.Left);
            AssertPlain(both.Right);
        }
        else if (e is not BinaryExpression
        {
            NodeType: ExpressionType.Equal or ExpressionType.NotEqual or ExpressionType.LessThan or ExpressionType.LessThanOrEqual or ExpressionType.GreaterThan or ExpressionType.GreaterThanOrEqual,
            Left: MemberExpression { Expression: ParameterExpression },
            Right: ConstantExpression { Value: string or int or long or double },
        })
            throw new NotSupportedException($"a filter with {e} is not understood");
    }

    private static PictureRecord Copy(PictureRecord r, bool vector) => new()
    {
        Key = r.Key,
        Path = r.Path,
        Bytes = r.Bytes,
        Caption = r.Caption,
        Width = r.Width,
        Height = r.Height,
        Taken = r.Taken,
        Camera = r.Camera,
        Latitude = r.Latitude,
        Longitude = r.Longitude,
        Orientation = r.Orientation,
        Content = r.Content,
        Model = r.Model,
        State = r.State,
        Vector = vector ? r.Vector.ToArray() : default,
    };
}
