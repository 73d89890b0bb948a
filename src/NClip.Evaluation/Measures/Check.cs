namespace NClip.Evaluation;

/// <summary>What callers give, checked where it comes in.</summary>
internal static class Check
{
    /// <summary>A row and a label for each sample.</summary>
    public static void Labels(Matrix rows, IReadOnlyList<int> labels) => Labels(rows, labels, rows?.Columns ?? 0);

    /// <summary>A row and a label of one of so many classes for each sample.</summary>
    public static void Labels(Matrix rows, IReadOnlyList<int> labels, int classes)
    {
        if (rows is null || labels is null) throw new EvaluationException($"the {(rows is null ? "matrix" : "list of labels")} is null.");
        if (rows.Rows == 0) throw new EvaluationException("there is no sample to measure; give at least one.");
        if (rows.Rows != labels.Count) throw new EvaluationException(FormattableString.Invariant($"{rows.Rows} rows and {labels.Count} labels were given; each row has one."));
        for (var i = 0; i < labels.Count; i++)
            if ((uint)labels[i] >= (uint)classes) throw new EvaluationException(FormattableString.Invariant($"label {i} is {labels[i]}; the classes are 0..{classes - 1}."));
    }

    /// <summary>Features of one width.</summary>
    public static void Width(Matrix one, string what, Matrix other, string than)
    {
        if (one.Columns != other.Columns) throw new EvaluationException(FormattableString.Invariant($"the {what} have {one.Columns} columns, the {than} {other.Columns}; both must come from one model."));
    }
}
