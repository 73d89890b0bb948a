namespace NClip.Search.Vectors;

/// <summary>A row that a scan found.</summary>
/// <param name="Score">Dot product with the query.</param>
/// <param name="Segment">Number of the segment.</param>
/// <param name="Row">Number of the row in it.</param>
internal readonly record struct RowHit(float Score, long Segment, int Row) : IComparable<RowHit>
{
    /// <summary>Better ones first: the higher score; of equal ones the older row.</summary>
    public int CompareTo(RowHit other)
        => Score != other.Score ? other.Score.CompareTo(Score)
        : Segment != other.Segment ? Segment.CompareTo(other.Segment)
        : Row.CompareTo(other.Row);
}
