namespace NClip.Training.Mini;

/// <summary>A call of a recipe that cannot be carried out: an unknown step or option, or a value that is none.</summary>
internal sealed class RecipeCallException(string message) : ClipException(message);
