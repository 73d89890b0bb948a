using System.Linq.Expressions;
using NClip.Search.Store;

namespace NClip.Search.VectorData;

/// <summary>A filter in two parts: what every store can test (a property beside a constant, and, or), and what is tested here on what it gives.</summary>
internal static class RecordFilter
{
    /// <summary>The store's part: pictures of the model, in the wanted time, size and band of latitude.</summary>
    public static Expression<Func<PictureRecord, bool>> Of(string model, SearchFilter filter)
    {
        var record = Expression.Parameter(typeof(PictureRecord), "r");
        var all = Test(nameof(PictureRecord.Model), ExpressionType.Equal, model);
        if (filter.After is { } after) And(Test(nameof(PictureRecord.Taken), ExpressionType.GreaterThanOrEqual, PictureRecord.Seconds(after)));
        if (filter.Before is { } before) And(Test(nameof(PictureRecord.Taken), ExpressionType.LessThan, PictureRecord.Seconds(before)));
        if (filter.MinSize is var (longer, shorter)) And(Expression.OrElse(Size(Math.Max(longer, shorter), shorter), Size(shorter, Math.Max(longer, shorter))));
        if (filter.Near is { } near)
        {
            And(Test(nameof(PictureRecord.Latitude), ExpressionType.GreaterThanOrEqual, FilterSql.South(near)!.Value));
            And(Test(nameof(PictureRecord.Latitude), ExpressionType.LessThanOrEqual, FilterSql.North(near)!.Value));
        }
        return Expression.Lambda<Func<PictureRecord, bool>>(all, record);

        BinaryExpression Test(string property, ExpressionType how, object value)
        {
            var left = Expression.Property(record, property);
            return Expression.MakeBinary(how, left, Expression.Constant(value, left.Type));
        }

        BinaryExpression Size(int width, int height)
            => Expression.AndAlso(Test(nameof(PictureRecord.Width), ExpressionType.GreaterThanOrEqual, width), Test(nameof(PictureRecord.Height), ExpressionType.GreaterThanOrEqual, height));

        void And(Expression test) => all = Expression.AndAlso(all, test);
    }

    /// <summary>Pictures of other models.</summary>
    public static Expression<Func<PictureRecord, bool>> OtherThan(string model)
    {
        var record = Expression.Parameter(typeof(PictureRecord), "r");
        return Expression.Lambda<Func<PictureRecord, bool>>(Expression.NotEqual(Expression.Property(record, nameof(PictureRecord.Model)), Expression.Constant(model)), record);
    }

    /// <summary>The rest: path, caption, and the distance on the globe.</summary>
    public static bool Admits(SearchFilter filter, PictureRecord record)
        => FilterSql.Admits(filter, record.Path, record.Caption) && FilterSql.Admits(filter.Near, record is { Latitude: { } latitude, Longitude: { } longitude } ? (latitude, longitude) : null);
}
