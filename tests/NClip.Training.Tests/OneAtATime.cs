using Xunit;

// A tensor that is only an operand has nobody who holds it during the native call, outside of a dispose scope: a collection that another test's thread begins in that moment
// would free it under the call. Code of the trainer runs within scopes; tests need not, where they run alone.
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly)]
