namespace NClip.Text.Cleaning;

/// <summary>
/// What the repair of one line may cost, in characters looked at. ftfy repeats its steps until nothing changes, and a text can be made so
/// that every round changes one character of it; meant texts need two or three rounds, and have dozens.
/// </summary>
/// <param name="length">Characters of the line.</param>
internal sealed class RepairEffort(int length)
{
    private const int Rounds = 32, Least = 4096;

    private long _left = Least + (long)Rounds * length;

    /// <summary>Takes one look at so many characters; false when there is nothing left for it, and the text stays as it is.</summary>
    public bool Spend(int characters) => (_left -= characters) >= 0;
}
