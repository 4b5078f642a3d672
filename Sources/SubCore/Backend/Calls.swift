/// The elementwise functions that a GEMM can end in. Raw values are the C kernels'.
public enum Activation: Int, Sendable {
  case identity = 0
  /// 0.5 x (1 + erf(x / √2)): transformers' "gelu", timm, open_clip.
  case gelu = 1
  /// The tanh approximation: transformers' "gelu_new", "gelu_pytorch_tanh".
  case geluTanh = 2
  /// x · sigmoid(1.702 x): OpenAI's CLIP.
  case quickGelu = 3
  case tanh = 4
  case relu = 5
  case sigmoid = 6

  /// Whether the backward pass reads the activation's output rather than its input.
  var savesOutput: Bool { self == .tanh || self == .relu || self == .sigmoid }
}

/// The functions of one number besides activations.
enum UnaryFunction {
  case exp, log, sqrt, abs
  /// −1, 0 or 1.
  case sign
  /// NaN for a negative number unless the exponent is a whole one.
  case power(Double)

  /// The C kernels' number.
  var number: Int32 {
    switch self {
    case .exp: 0
    case .log: 1
    case .sqrt: 2
    case .abs: 3
    case .sign: 4
    case .power: 5
    }
  }

  /// The power's; 0 for the others.
  var exponent: Double {
    if case .power(let exponent) = self { exponent } else { 0 }
  }
}

/// The functions of two numbers. Raw values are the C kernels'.
enum BinaryFunction: Int {
  case add = 0
  case subtract = 1
  case multiply = 2
  case divide = 3
  /// A NaN is the larger and the smaller.
  case larger = 4
  case smaller = 5
}

/// What two numbers are asked. Raw values are the C kernels'.
enum Comparison: Int {
  case less = 0
  case lessOrEqual = 1
  case equal = 2
}

/// What becomes of an axis. Raw values are the C kernels'.
enum Reduction: Int {
  case sum = 0
  /// NaN where there is one.
  case largest = 1
  case smallest = 2
}

/// Neighbouring axes as one, between those before and those behind.
struct AxisSplit {
  let outer, length, inner: Int
}

/// The operands of multi-head attention over ragged rows.
struct AttentionCall {
  let q, k, v: Matrix
  let queries, keys: Segments
  let heads: Int
  let scale: Double
  let causal: Bool
  /// u8 [key rows]: 0 hides a key.
  let keyMask: Tensor?
  /// [heads, longest query, longest key], added to the scaled scores.
  let bias: Tensor?
  let dropout: Dropout?
  /// i32 [rows of the sequences]: which row of the operands each of them is, -1 for none; nil: they are in order.
  var rows: Tensor? = nil
  /// The same on the host.
  var rowList: [Int32]? = nil
  /// u8 [rows of the sequences]: pairs of unlike regions have -100 added to their score.
  var regions: Tensor? = nil
  /// [3D]: query, key and value of a row that is none.
  var outside: Tensor? = nil
  var headWidth: Int { q.columns / heads }
}

/// The operands of a residual joint and the LayerNorm behind it: z = x + path · gamma ⊙ dropout(h), y = LN(z).
struct ResidualNormCall {
  let x: Tensor
  let h: Tensor?
  let gamma: Tensor?
  let dropout: Dropout?
  let path: DropPath?
  let weight: Tensor?
  let bias: Tensor?
  let epsilon: Double
  var rows: Int { x.shape.rows }
  var width: Int { x.shape.columns }
}

/// AdamW's and LAMB's numbers for one update.
struct AdamRates {
  var lr, beta1, beta2, epsilon: Double
  /// 1 − beta^t.
  var correction1, correction2: Double
  /// On every gradient (clipping): one element, f64; nil: 1.
  var factor: Tensor?
}

/// What a step works out of its norms, in f64.
enum ScalarRule {
  /// √a.
  case root
  /// What clips a gradient of norm a, as torch's clip_grad_norm_: min(1, limit / (a + 1e-6)).
  case clipping(limit: Double)
  /// The factor b on a gradient of norm a, divided by the norm that is left where that exceeds 1: LAMB's.
  case capped
  /// LAMB's trust ratio of the sums of squares a of a parameter and b of its direction: √(a/b), 1 where one of them is 0.
  case trust

  func value(_ a: Double, _ b: Double) -> Double {
    switch self {
    case .root: a.squareRoot()
    case .clipping(let limit): min(1, limit / (a + 1e-6))
    case .capped: b / max(1, a * b)
    case .trust: a > 0 && b > 0 ? (a / b).squareRoot() : 1
    }
  }
}

/// A run of the flat arenas with rates of its own.
struct UpdateSegment {
  let offset, count: Int
  let lrScale, weightDecay: Double
  /// For tables whose gradients arrive as rows: the row's width, and u8 flags for rows touched now and ever.
  let table: (row: Int, touched: Tensor, ever: Tensor)?
}

/// The flat arenas that an optimizer works on, or one parameter's part of each.
struct OptimizerMemory {
  let p, g, m, v: Tensor
  /// p in a lower type, rewritten with it.
  let shadow: Tensor?
}
