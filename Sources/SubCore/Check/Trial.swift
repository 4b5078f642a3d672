/// One run of a case on one device: its operands, the same numbers on every device, and what comes of them.
///
/// Operands and results lie between borders. Nobody may write there or into operands; what is read there by mistake is no
/// number. Results begin as NaNs (255, -1), so that elements that nobody writes show.
final class Trial {
  let device: Device
  let precision: Precision
  /// Whether floating-point numbers are f64, whatever type is asked for: the reference's run.
  let isExact: Bool
  /// For whatever else is random: the same on every device.
  let key: RandomKey
  /// By how many elements what is made from now on lies beside a multiple of 256 bytes.
  var shift = 0
  private var pieces: [Piece] = []
  private var outputs: [(name: String, tensor: Tensor, accuracy: Accuracy)] = []

  init(on device: Device, _ precision: Precision, isExact: Bool, _ key: RandomKey) {
    (self.device, self.precision, self.isExact, self.key) = (device, precision, isExact, key)
  }

  var backend: any Backend { device.backend }

  private var activations: DType { precision == .bf16 ? .bf16 : .f32 }
  private func stored(_ type: DType) -> DType { isExact && type.isFloating ? .f64 : type }

  /// An operand, of the type of activations unless told otherwise.
  func input(_ shape: Shape, _ type: DType? = nil, _ numbers: Numbers = .normal()) -> Tensor {
    make(shape, type ?? activations, numbers, stays: true)
  }

  /// An operand like a result: of its type, whatever that is, with numbers that activations hold.
  func input(like y: Tensor) -> Tensor { make(y.shape, activations, .normal(), stays: true, as: y.dtype) }

  /// Numbers that activations hold, on the host.
  func numbers(_ shape: Shape, _ numbers: Numbers, stream: Int) -> HostArray {
    let key = key.fold("numbers").fold(stream)
    return HostArray((0..<shape.count).map { numbers.value($0, key, activations) }, as: .f64)
  }

  func indices(_ list: [Int]) -> Tensor { input([list.count], .i32, .listed(list.map { Double($0) })) }
  func flags(_ list: [Int]) -> Tensor { input([list.count], .u8, .listed(list.map { Double($0) })) }

  /// Memory that a step hands on and nobody looks at.
  func scratch(_ shape: Shape, _ type: DType? = nil, holding numbers: Numbers = .none) -> Tensor {
    make(shape, type ?? activations, numbers, stays: false)
  }

  /// Memory for a result; where it is read too it holds numbers.
  func output(
    _ name: String, _ shape: Shape, _ type: DType? = nil, _ accuracy: Accuracy = .computed,
    holding numbers: Numbers = .none
  ) -> Tensor {
    let tensor = make(shape, type ?? activations, numbers, stays: false)
    outputs.append((name, tensor, accuracy))
    return tensor
  }

  /// Memory for a sum in f32, read where beta is not 0.
  func sum(_ name: String, _ shape: Shape, _ beta: Double, _ accuracy: Accuracy = .computed) -> Accumulation {
    Accumulation(tensor: output(name, shape, .f32, accuracy, holding: beta == 0 ? .none : .normal()), beta: beta)
  }

  /// A result in memory of its own.
  func result(_ name: String, _ tensor: Tensor, _ accuracy: Accuracy = .computed) {
    outputs.append((name, tensor.detached(), accuracy))
  }

  /// What came out.
  var results: [CheckResult] { outputs.map { CheckResult(name: $0, array: $1.host(), accuracy: $2) } }

  /// How many elements of operands and borders are no longer what they were.
  var spoiledElements: Int { pieces.reduce(0) { $0 + $1.spoiledElements } }

  private func make(_ shape: Shape, _ type: DType, _ numbers: Numbers, stays: Bool, as wanted: DType? = nil) -> Tensor {
    let stored = wanted ?? stored(type)
    let border = 256 / stored.size
    let range = border + shift..<border + shift + shape.count
    let stream = key.fold(pieces.count)
    var values = [Double](repeating: Numbers.none.value(0, stream, stored), count: range.upperBound + border)
    for index in 0..<shape.count { values[range.lowerBound + index] = numbers.value(index, stream, type) }
    let before = HostArray(values, as: stored)
    let whole = Tensor(before, dtype: stored, on: device)
    pieces.append(Piece(whole: whole, before: before, changing: stays ? nil : range))
    return whole.slice(from: range.lowerBound, shape: shape)
  }

  /// A tensor with its borders.
  private struct Piece {
    let whole: Tensor
    let before: HostArray
    /// Where anything may be written.
    let changing: Range<Int>?

    var spoiledElements: Int {
      let (old, new, size) = (before.bits, whole.host().bits, before.dtype.size)
      guard old != new else { return 0 }
      return (0..<before.count).count { index in
        let bytes = index * size..<(index + 1) * size
        return changing?.contains(index) != true && old[bytes] != new[bytes]
      }
    }
  }
}

/// What memory begins with.
enum Numbers {
  case normal(scale: Double = 1, mean: Double = 0)
  /// At least a tenth.
  case positive
  case listed([Double])
  /// No numbers: NaN, 255, -1.
  case none

  /// Element `index`, as a type holds it.
  fileprivate func value(_ index: Int, _ key: RandomKey, _ type: DType) -> Double {
    switch self {
    case .normal(let scale, let mean): type.nearest(mean + scale * key.normal(at: index))
    case .positive: type.nearest(key.normal(at: index).magnitude + 0.1)
    case .listed(let list): type.nearest(list[index])
    case .none: type.isFloating ? .nan : type == .u8 ? 255 : -1
    }
  }
}

/// A result on the host.
struct CheckResult {
  let name: String
  let array: HostArray
  let accuracy: Accuracy

  /// The relative difference from what is expected, by norm or by the largest element.
  func error(from expected: CheckResult) -> Double {
    guard array.count == expected.array.count else { return .infinity }
    var (squares, total, largest, size) = (0.0, 0.0, 0.0, 0.0)
    for (own, exact) in zip(array.doubles(), expected.array.doubles()) {
      let wanted = accuracy == .exact ? array.dtype.nearest(exact) : exact
      guard wanted.isFinite else {
        guard own == wanted || own.isNaN && wanted.isNaN else { return .infinity }
        continue
      }
      guard own.isFinite else { return .infinity }
      let difference = (own - wanted).magnitude
      squares += difference * difference
      total += wanted * wanted
      (largest, size) = (max(largest, difference), max(size, wanted.magnitude))
    }
    // Where all is zero, what is not counts as it is.
    return size == 0 ? largest : max((squares / total).squareRoot(), largest / size)
  }
}

extension DType {
  /// The nearest number that this type holds.
  fileprivate func nearest(_ value: Double) -> Double {
    switch self {
    case .f32: Double(Float(value))
    case .bf16: Double(Float(brainBits: Float(value).brainBits))
    default: value
    }
  }
}

extension HostArray {
  /// Numbers as a type in which devices compute.
  fileprivate init(_ values: [Double], as type: DType) {
    let shape = [values.count]
    switch type {
    case .f32: self.init(values.map { Float($0) }, shape: shape)
    case .bf16: self.init(values.map { Float($0).brainBits }, shape: shape, dtype: .bf16)
    case .i32: self.init(values.map { Int32($0) }, shape: shape)
    case .u8: self.init(values.map { UInt8($0) }, shape: shape, dtype: .u8)
    default: self.init(values, shape: shape, dtype: .f64)
    }
  }

  /// The bytes.
  var bits: [UInt8] { withBytes { Array($0) } }
}
