namespace NClip.Search.Groups;

/// <summary>Points of the plane on the cells of a grid, one on each, so that neighbours stay near: the cells are halved along their longer side, and the points with them.</summary>
internal static class CellGrid
{
    /// <summary>How many columns a map of so many pictures has.</summary>
    public static int Columns(int count) => Math.Max(1, (int)Math.Ceiling(Math.Sqrt(count * 4.0 / 3)));

    /// <summary>The cell of each point; the last row may not be full.</summary>
    public static (int Column, int Row)[] Place((double X, double Y)[] points, int columns)
    {
        var cells = new (int, int)[points.Length];
        var free = Enumerable.Range(0, points.Length).Select(i => (Column: i % columns, Row: i / columns)).ToArray();
        Halve(Enumerable.Range(0, points.Length).ToArray(), free, points, cells);
        return cells;
    }

    private static void Halve(int[] which, (int Column, int Row)[] free, (double X, double Y)[] points, (int, int)[] cells)
    {
        if (which.Length == 0) return;
        if (which.Length == 1)
        {
            cells[which[0]] = free[0];
            return;
        }
        var wide = free.Max(f => f.Column) - free.Min(f => f.Column) >= free.Max(f => f.Row) - free.Min(f => f.Row);
        which = [.. which.OrderBy(i => wide ? points[i].X : points[i].Y).ThenBy(i => i)];
        free = [.. free.OrderBy(f => wide ? f.Column : f.Row).ThenBy(f => wide ? f.Row : f.Column)];
        var half = which.Length / 2;
        Halve(which[..half], free[..half], points, cells);
        Halve(which[half..], free[half..], points, cells);
    }
}
