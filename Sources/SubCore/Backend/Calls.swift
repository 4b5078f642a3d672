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

/// Inverted dropout: element i of the batch is kept where bits(i) ≥ rate · 2³², and scaled by 1 / (1 − rate).
public struct Dropout: Sendable {
  /// The share that is dropped.
  public let rate: Float
  /// The stream that decides which.
  public let key: RandomKey
  /// The number of the first row, where these are part of a larger batch: positions count from that batch's first.
  public var firstRow = 0

  /// Nil where nothing would be dropped, so that call sites need no case of their own.
  public init?(_ rate: Float, _ key: RandomKey) {
    precondition(rate >= 0 && rate < 1, "Dropout: rate \(rate) is not in 0 ..< 1")
    guard rate > 0 else { return nil }
    self.rate = rate
    self.key = key
  }

  /// The least of the bits of which an element is kept: ⌈rate · 2³²⌉.
  var threshold: UInt32 { UInt32((Double(rate) * 0x1p32).rounded(.up)) }
}

/// Rows of several sequences one behind the other: sequence b holds rows offsets[b] ..< offsets[b + 1].
public struct Segments {
  /// i32 [count + 1].
  public let offsets: Tensor
  /// The number of sequences.
  public let count: Int
  /// The rows of all sequences.
  public let rows: Int
  /// The longest sequence, of the whole batch where these are part of one.
  public let longest: Int
  /// The rows of each sequence, on the host.
  let lengths: [Int]

  /// Sequences of the given lengths. `longest`: that of the batch whose part they are.
  public init(lengths: [Int], longest: Int? = nil, on device: Device) {
    var ends = [0]
    ends.reserveCapacity(lengths.count + 1)
    for length in lengths { ends.append(ends.last! + length) }
    self.init(lengths, Tensor(indices: ends, on: device), longest: longest)
  }

  /// `count` sequences of one length.
  public init(count: Int, length: Int, on device: Device) {
    self.init(Array(repeating: length, count: count), .indices(count + 1, step: length, on: device))
  }

  /// `count` times a sequence of `first` rows and one of `second`.
  public init(count: Int, first: Int, second: Int, on device: Device) {
    let ends = Tensor.indices(2, step: first, rows: count + 1, rowStep: first + second, on: device)
    self.init(
      (0..<2 * count).map { $0 % 2 == 0 ? first : second }, ends.slice(from: 0, shape: [2 * count + 1]))
  }

  private init(_ lengths: [Int], _ offsets: Tensor, longest: Int? = nil) {
    (self.offsets, self.lengths) = (offsets, lengths)
    count = lengths.count
    rows = lengths.reduce(0, +)
    self.longest = longest ?? lengths.max() ?? 0
  }
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

/// Stochastic depth: sample s (its rows in `samples`) is kept where uniform(first + s) ≥ rate, and scaled by 1 / (1 − rate).
public struct DropPath {
  /// The share that is dropped.
  public let rate: Float
  /// The stream that decides which.
  public let key: RandomKey
  /// The rows of every sample.
  public let samples: Segments
  /// The number of the first sample, where these are part of a larger batch.
  public var firstSample = 0

  /// Nil where nothing would be dropped.
  public init?(_ rate: Float, _ key: RandomKey, samples: Segments) {
    precondition(rate >= 0 && rate < 1, "DropPath: rate \(rate) is not in 0 ..< 1")
    guard rate > 0 else { return nil }
    self.rate = rate
    self.key = key
    self.samples = samples
  }
}

/// What a classification loss compares logits with.
public enum Target {
  /// i32 [rows], with label smoothing (cross-entropy only).
  case labels(Tensor, smoothing: Float)
  /// [rows, classes]: mixed labels, or the main branch's probabilities.
  case probabilities(Tensor)

  /// The target of some of the rows, without a gradient.
  public func rows(_ range: Range<Int>) -> Target {
    switch self {
    case .labels(let labels, let smoothing): .labels(labels.samples(range), smoothing: smoothing)
    case .probabilities(let tensor): .probabilities(tensor.samples(range))
    }
  }

  /// The same without a gradient.
  var constant: Target {
    switch self {
    case .labels: self
    case .probabilities(let tensor): .probabilities(tensor.detached())
    }
  }
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
