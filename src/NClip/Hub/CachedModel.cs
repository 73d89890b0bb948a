namespace NClip.Hub;

/// <summary>A model on this machine.</summary>
/// <param name="Name">What to give as model: a name that the hub resolves without a request.</param>
/// <param name="Path">Its file or folder.</param>
/// <param name="Bytes">Bytes of the files that make the model.</param>
/// <param name="Source">'embedded', 'OpenAI' or 'Hugging Face'.</param>
/// <param name="Revision">Branch or tag, else commit; empty where there is none.</param>
/// <param name="IsWhole">It can be loaded; false: a download was stopped, or files were removed.</param>
public sealed record CachedModel(string Name, string Path, long Bytes, string Source, string Revision, bool IsWhole);
