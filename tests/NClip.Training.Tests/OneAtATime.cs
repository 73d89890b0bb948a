using Xunit;

// A tensor that is only an operand has nobody who holds it during the native call, outside of a dispose scope: a collection that another test's thread begins in that moment
// would free it under the call. Code of the trainer runs within scopes, a test within one of its own (HeldTensorsAttribute): autograd functions of ours begin collections too. What a test's
// constructor makes is in no scope, so tests run alone.
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly)]
