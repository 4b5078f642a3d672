/// How far one result of an operation on a device is from the reference's in f64.
public struct OperationCheck: Sendable {
  /// The operation, or the derivative or network that was taken as a whole.
  public let name: String
  /// The operands and options of the case, and which result this is.
  public let part: String
  /// The type of activations in the case.
  public let precision: Precision
  /// The norm of the difference over the norm of the reference's result, or the largest difference over its largest element,
  /// whichever is greater; infinite where numbers are missing.
  public let error: Double
  /// What the error may be.
  public let limit: Double
  /// Whether it is no greater.
  public var holds: Bool { error <= limit }
}

extension Device {
  /// Holds every operation of this device, whole derivatives and updates against the reference, in one precision or in both:
  /// the same numbers go in, and `each` sees every result as it is there, operation by operation; first of all what the
  /// matrix units make of known numbers, where kernels are written for them. Beside the results a case shows whether a
  /// second call gives the same bits, and whether operands and the memory around results stay as they are. Only cases whose
  /// name or part holds `pattern`; nil: all.
  public func check(
    _ precision: Precision? = nil, only pattern: String? = nil, each: (OperationCheck) throws -> Void
  ) rethrows {
    if let cuda = backend as? CUDABackend, precision != .fp32, pattern.map({ "fragments".contains($0) }) ?? true {
      let wrong = cuda.probeFragments(on: self)
      for name in wrong.isEmpty ? ["of all instructions"] : wrong {
        try each(
          OperationCheck(name: "fragments", part: name, precision: .bf16, error: wrong.isEmpty ? 0 : 1, limit: 0))
      }
    }
    for group in CheckCase.groups {
      let examples = group().filter { example in
        pattern.map { "\(example.name) \(example.part)".contains($0) } ?? true
      }
      var names: [String] = []
      for example in examples where !names.contains(example.name) { names.append(example.name) }
      for name in names {
        for own in [Precision].both where precision == nil || own == precision {
          for example in examples where example.name == name && example.precisions.contains(own) {
            for check in example.checks(on: self, own) { try each(check) }
          }
        }
      }
    }
  }
}
