using NClip.Towers.Blocks;

namespace NClip.Towers;

/// <summary>
/// The operators that towers are written in, over the values of whoever runs them: names in an ONNX graph
/// (<see cref="Graphs.GraphWriter"/>) or tensors with gradients (NClip.Training's TorchOperators).
/// Shapes are in brackets, batch first; axes count from 0, negative ones from the end.
/// </summary>
/// <typeparam name="T">A value: what a node gives, what goes in, a weight.</typeparam>
internal interface IOperators<T>
    where T : class
{
    /// <summary>All weights, from the root of the names.</summary>
    Scope<T> Weights => new(this, "");

    /// <summary>The tensor of a canonical name, as float32 in its canonical shape.</summary>
    T Weight(string name);

    /// <summary>A number without dimensions.</summary>
    T Constant(float x);

    /// <summary>An integer without dimensions.</summary>
    T Constant(long x);

    /// <summary>Numbers that no checkpoint holds, row-major.</summary>
    T Constant(float[] values, params long[] shape);

    // Arithmetic, element by element, with the usual broadcasting.

    /// <summary>a + b.</summary>
    T Add(T a, T b);

    /// <summary>a - b.</summary>
    T Sub(T a, T b);

    /// <summary>a · b.</summary>
    T Mul(T a, T b);

    /// <summary>a / b.</summary>
    T Div(T a, T b);

    /// <summary>a mod b of integers, which are not negative.</summary>
    T Mod(T a, T b);

    /// <summary>√x.</summary>
    T Sqrt(T x);

    /// <summary>1 / (1 + exp(-x)).</summary>
    T Sigmoid(T x);

    /// <summary>tanh x.</summary>
    T Tanh(T x);

    /// <summary>The nonlinearity.</summary>
    T Activate(T x, Activation activation);

    /// <summary>max(x, 0).</summary>
    T Relu(T x) => Activate(x, Activation.Relu);

    /// <summary>x within low..high; null is no limit.</summary>
    T Clamp(T x, float? low, float? high);

    /// <summary>x within low..high, which is a number without dimensions.</summary>
    T Within(T x, float low, T high);


    // Shapes.

    /// <summary>The size of dimension <paramref name="axis"/>.</summary>
    Dim Size(T x, int axis);

    /// <summary>Another shape; -1 is what is left, 0 the same as before.</summary>
    T Reshape(T x, params Dim[] shape);

    /// <summary>The shape of <paramref name="like"/>.</summary>
    T ReshapeLike(T x, T like);

    /// <summary>Dimensions of size 1 at these axes of the result.</summary>
    T Unsqueeze(T x, params long[] axes);

    /// <summary>Dimensions in another order.</summary>
    T Transpose(T x, params int[] order);

    /// <summary>One behind the other along <paramref name="axis"/>.</summary>
    T Concat(int axis, params T[] x);

    /// <summary>Pieces of the given sizes along an axis.</summary>
    T[] Split(T x, IEnumerable<long> sizes, int axis);

    /// <summary>Elements from..to of dimension <paramref name="axis"/>; negative ones count from the end.</summary>
    T Slice(T x, int axis, Dim from, Dim to);

    /// <summary>The elements at <paramref name="index"/> of dimension <paramref name="axis"/>, which disappears.</summary>
    T Take(T x, int axis, long index);

    /// <summary>x repeated for each element of the batch of <paramref name="like"/>: <paramref name="shape"/> -> [N, ...].</summary>
    T Repeat(T x, T like, params long[] shape);

    /// <summary>Mean over dimension <paramref name="axis"/>, which disappears unless <paramref name="keep"/>.</summary>
    T Mean(T x, int axis, bool keep = false);

    /// <summary>Sum over dimension <paramref name="axis"/>, which disappears unless <paramref name="keep"/>.</summary>
    T Sum(T x, int axis, bool keep = false);

    // Layers.

    /// <summary>x / √(mean of x² + epsilon) · w.weight over the last dimension. (Zhang and Sennrich 2019)</summary>
    T RmsNorm(T x, Scope<T> w, float epsilon) => Mul(Div(x, Sqrt(Add(Mean(Mul(x, x), -1, keep: true), Constant(epsilon)))), w["weight"]);

    /// <summary>Layer norm over the last dimension.</summary>
    T LayerNorm(T x, Scope<T> w, float epsilon);

    /// <summary>x / |x| over the last dimension.</summary>
    T Normalize(T x);

    /// <summary>Softmax over the last dimension.</summary>
    T Softmax(T x);

    /// <summary>softmax(scale · q·kᵀ + mask)·v: [N, H, Lq, d], [N, H, Lk, d], [N, H, Lk, d] -> [N, H, Lq, d].</summary>
    T Attend(T q, T k, T v, float scale, T? mask);

    /// <summary>Each pair of neighbouring channels turned by the angle of its token's place: x [N, H, L, <paramref name="channels"/>].</summary>
    T Rotate(T x, RotaryPositions positions, int channels);

    /// <summary>x·weightᵀ + bias on rows: x [M, in], weight [out, in].</summary>
    T Linear(T x, Scope<T> weight, Scope<T>? bias);

    /// <summary>The same with weights that are pieces of tensors.</summary>
    T Linear(T x, T weight, T bias);

    /// <summary>x·weightᵀ + bias of the layer <paramref name="w"/>.</summary>
    T Linear(T x, Scope<T> w) => Linear(x, w["weight"], w["bias"]);

    /// <summary>A linear layer whose output is <paramref name="parts"/> equal pieces: query, key, value.</summary>
    T[] LinearPieces(T x, Scope<T> weight, T bias, int parts);

    /// <summary>x·matrix (+ bias); the matrix is [in, out].</summary>
    T Project(T x, Scope<T> matrix, Scope<T>? bias = null);

    /// <summary>Rows of a matrix in pieces of the given sizes.</summary>
    T[] Rows(Scope<T> matrix, params long[] sizes);

    /// <summary>Rows of a table, as float32: ids [...] -> [..., W].</summary>
    T Lookup(Scope<T> table, T ids);

    /// <summary>Rows of a table that is computed or constant: [V, W], ids [...] -> [..., W].</summary>
    T Lookup(T table, T ids);

    /// <summary>Whoever runs the network has looked up <paramref name="rows"/> of a table that is too large for it: they stand for the <see cref="Lookup(Scope{T}, T)"/> of just these ids.</summary>
    void GiveRows(string table, T ids, T rows);

    /// <summary>Convolution; <c>w.bias</c> where <paramref name="bias"/>.</summary>
    T Conv(T x, Scope<T> w, int stride = 1, Padding padding = default, int groups = 1, bool bias = false);

    /// <summary>Batch norm: with running statistics, or with the batch's own where it is trained.</summary>
    T BatchNorm(T x, Scope<T> w, float epsilon = 1e-5f);

    /// <summary>Average pooling; the padding is not counted.</summary>
    T AveragePool(T x, int size, int stride, int padding = 0);

    /// <summary>Max pooling.</summary>
    T MaxPool(T x, int size, int stride, int padding);

    /// <summary>Mean over the picture: [N, C, H, W] -> [N, C].</summary>
    T GlobalAveragePool(T x);

    // Token ids, which are integers [N, L].

    /// <summary>1 where an element is not <paramref name="id"/>, else 0, as float32.</summary>
    T IsNot(T ids, long id);

    /// <summary>1 where an element is <paramref name="id"/> or larger, else 0, as float32.</summary>
    T IsAtLeast(T ids, long id);

    /// <summary>Rows that are filled up with <paramref name="id"/>, as long as the longest needs, at least 1: [N, L] -> [N, K].</summary>
    T WithoutFilling(T ids, long id);

    /// <summary>Place of the first <paramref name="id"/> of each row, 0 where there is none: [N, 1].</summary>
    T PlaceOf(T ids, long id);

    /// <summary>Place of the largest id of each row, the first of equals: [N, 1].</summary>
    T PlaceOfLargest(T ids);

    /// <summary>The vectors at those places: x [N, L, W], places [N, 1] -> [N, W].</summary>
    T TakeAt(T x, T places);

    /// <summary>Sums of an element and all before it along <paramref name="axis"/>.</summary>
    T CumulativeSum(T x, int axis);

    /// <summary>Numbers as integers; what is behind the point is dropped.</summary>
    T ToInteger(T x);

    /// <summary>Integers as the floats that the weights are.</summary>
    T ToFloat(T x);

    /// <summary>0, 1, 2, ... as floats: [length].</summary>
    T Range(Dim length);

    /// <summary>-inf above the diagonal, 0 elsewhere: [L, L].</summary>
    T CausalMask(Dim length);

    // What only training does: each is nothing unless an implementation says otherwise.

    /// <summary>A block of layers. Training may forget what is inside and compute it again on the way back.</summary>
    T Block(T x, Func<T, T> block) => block(x);

    /// <summary>Tokens of a picture [N, L, W]. Training may drop some patches; the first <paramref name="kept"/> tokens stay. Towers with rotary positions, whose tables are of the whole picture, do not ask.</summary>
    (T Tokens, Dim Length) Patches(T x, Dim length, int kept) => (x, length);

    /// <summary>Training may zero a share of the elements and enlarge the others.</summary>
    T Dropout(T x) => x;
}
