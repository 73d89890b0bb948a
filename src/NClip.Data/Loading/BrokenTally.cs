namespace NClip.Data;

/// <summary>Stops a run in which too many samples are broken, or all of an epoch.</summary>
internal sealed class BrokenTally(double most, bool fromStart)
{
    private const int Patience = 100;

    private long _seen, _broken, _good;
    private int _epoch = -1;
    private bool _whole = fromStart;    // whether the epoch was seen from its beginning
    private string? _last;

    /// <exception cref="DataException">The limit is passed.</exception>
    public void Add(DrawnSample drawn, string? fault)
    {
        if (drawn.OrderEpoch != _epoch)
        {
            if (_epoch >= 0)
            {
                End();
                _whole = true;
            }
            (_epoch, _good) = (drawn.OrderEpoch, 0);
        }
        _seen++;
        if (fault is null) _good++;
        else (_broken, _last) = (_broken + 1, fault);
        if (_seen >= Patience && _broken > most * _seen)
            throw new DataException($"{_broken} of {_seen} samples are broken, more than the {most:P0} that MaxBroken allows. The last: {_last} The ledger names them all.");
    }

    /// <summary>The end of an epoch.</summary>
    /// <exception cref="DataException">Not one of its samples could be used.</exception>
    public void End()
    {
        if (_whole && _good == 0 && _last is not null) throw new DataException($"not one sample of an epoch can be used. The last: {_last}");
    }
}
