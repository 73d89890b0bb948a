using Xunit;

// A tensor that is only an operand has nobody who holds it during the native call, outside of a dispose scope: a collection that another test's thread begins in that moment
// would free it under the call. Code of the trainer runs within scopes, a test within one of its own (HeldTensorsAttribute). Tests run alone because libtorch's number of threads is the process's.
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly)]
