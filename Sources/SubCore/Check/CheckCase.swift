/// One call of an operation, or several, to be made on any device: `run` asks the trial for operands and for the memory of
/// results.
struct CheckCase {
  let name, part: String
  let precisions: [Precision]
  let run: (Trial) -> Void

  /// Every case, by what is checked.
  static let groups: [@Sendable () -> [CheckCase]] = [
    memory, elementwise, axes, rows, matrices, attention, residualNorm, losses, optimizers, grids,
    derivatives, networks, updates,
  ]

  /// Runs the case on the reference, and twice on a device.
  func checks(on device: Device, _ precision: Precision) -> [OperationCheck] {
    func made(on device: Device, isExact: Bool) -> Trial {
      let trial = Trial(on: device, precision, isExact: isExact, RandomKey(seed: 1).fold(name).fold(part))
      run(trial)
      return trial
    }
    func check(_ place: String, _ error: Double, limit: Double) -> OperationCheck {
      OperationCheck(
        name: name, part: part.isEmpty ? place : "\(part): \(place)", precision: precision, error: error, limit: limit)
    }
    let (expected, first) = (made(on: .reference, isExact: true).results, made(on: device, isExact: false))
    let second = made(on: device, isExact: false)
    let found = first.results
    var checks = zip(found, expected).map { found, expected in
      check(found.name, found.error(from: expected), limit: found.accuracy.limit(found.array.dtype, precision))
    }
    let changed = zip(found, second.results).count { first, second in first.array.bits != second.array.bits }
    checks.append(check("the same bits twice", Double(changed), limit: 0))
    checks.append(check("all else as it was", Double(first.spoiledElements), limit: 0))
    return checks
  }
}

extension [CheckCase] {
  /// One more case; of operations that know f32 alone in that precision only.
  mutating func add(
    _ name: String, _ part: String = "", _ precisions: [Precision] = .both,
    _ run: @escaping (Trial) -> Void
  ) {
    append(CheckCase(name: name, part: part, precisions: precisions, run: run))
  }
}

extension [Precision] {
  /// Of operations that compute in f32 whatever activations are.
  static let single: [Precision] = [.fp32]
  /// Those of activations.
  static let both: [Precision] = [.fp32, .bf16]
}

/// How near a result must come to the reference's in f64.
enum Accuracy {
  /// The nearest number of its type.
  case exact
  /// A few roundings of its type.
  case rounded
  /// Sums, of operands that may be rounded in between.
  case computed
  /// A whole network and its derivative.
  case network
  /// The same with kinks (ReLU, the greatest of some), whose sides bf16 takes for one another.
  case kinked

  /// For a result of a type, of a case in a precision.
  func limit(_ type: DType, _ precision: Precision) -> Double {
    switch self {
    case .exact: 0
    case .rounded: type == .bf16 ? 5e-3 : type == .f64 ? 1e-6 : 1e-5
    case .computed: precision == .bf16 ? 2e-2 : 1e-4
    case .network: precision == .bf16 ? 5e-2 : 1e-4
    case .kinked: precision == .bf16 ? 0.5 : 1e-4
    }
  }
}
