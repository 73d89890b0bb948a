using NClip.Configuration;

namespace NClip.Towers.Blocks;

/// <summary>
/// Rotary positions of a picture's patches: one axis turns the first half of a head's channels, the other the second; two neighbouring channels share an angle.
/// (Su et al. 2021, RoFormer, §3.4; over two axes: Sun et al. 2023, EVA-CLIP; Bolya et al. 2025, Perception Encoder)
/// </summary>
/// <param name="Rows">Patches from top to bottom.</param>
/// <param name="Columns">Patches from left to right.</param>
internal sealed record RotaryPositions(int Rows, int Columns)
{
    private const float Base = 10000;

    /// <summary>Tokens before the patches, which are not turned.</summary>
    public int Kept { get; init; }

    /// <summary>Number of the first row and of the first column.</summary>
    public int First { get; init; }

    /// <summary>The column turns the first half and the row the second.</summary>
    public bool ColumnsFirst { get; init; }

    /// <summary>The grid that the numbers are scaled to, as if the picture had so many patches; null: they stay whole.</summary>
    public (int Rows, int Columns)? Reference { get; init; }

    /// <summary>Tokens of a picture.</summary>
    public int Tokens => Kept + (Rows * Columns);

    /// <summary>Why heads of so many channels cannot be turned, in words; null where they can.</summary>
    public static string? Misfit(int channels) => channels % 4 != 0 ? $"attention heads of {channels} channels, which two axes of pairs do not divide" : null;

    /// <summary>A grid in a configuration: [rows, columns].</summary>
    public static (int Rows, int Columns)? GridOf(ConfigSection c, string name) =>
        c.Ints(name, ConfigRange.Side) is { } grid ? grid is [var rows, var columns] ? (rows, columns) : throw c.Unknown(name, c.Get(name)?.ToString(), "two numbers, rows and columns") : null;

    /// <summary>Cosines and sines, each [L, channels / 2]. Each step is rounded to float32, as in the programs that trained with them.</summary>
    public (float[] Cos, float[] Sin) Tables(int channels)
    {
        var (pairs, each) = (channels / 2, channels / 4);
        var angles = new float[Tokens * pairs];
        float[] frequencies = [.. Enumerable.Range(0, each).Select(j => 1 / (float)Math.Pow(Base, j / (float)each))];
        for (var i = 0; i < Rows * Columns; i++)
        {
            var row = Scaled(i / Columns, Rows, Reference?.Rows);
            var column = Scaled(i % Columns, Columns, Reference?.Columns);
            var (first, second) = ColumnsFirst ? (column, row) : (row, column);
            var at = (Kept + i) * pairs;
            for (var j = 0; j < each; j++) (angles[at + j], angles[at + each + j]) = (first * frequencies[j], second * frequencies[j]);
        }
        return ([.. angles.Select(a => (float)Math.Cos(a))], [.. angles.Select(a => (float)Math.Sin(a))]);
    }

    private float Scaled(int i, int size, int? reference) => reference is { } r ? (i + First) / (float)size * r : i + First;
}
