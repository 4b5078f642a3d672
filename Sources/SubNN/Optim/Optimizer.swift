public import SubCore

/// Something besides the weights that decides the future of a run: optimizer, average.
public protocol Checkpointed: AnyObject {
  /// The state by name, for a checkpoint.
  func state() -> [(name: String, array: HostArray)]
  /// Puts a state back. Throws where names or shapes differ.
  func restore(_ array: (String) throws -> HostArray) throws
}

/// Updates parameters from gradients.
public protocol Optimizer: Checkpointed {
  /// The number of updates made.
  var updates: Int { get }
  /// One update. `scale` multiplies every gradient (clipping); parameters without a gradient stay as they are, as in
  /// PyTorch. Consumes the gradients.
  func step(_ gradients: Gradients, lr: Double, scale: Double)
}

extension Gradients {
  /// The factor that clips to a global norm: min(1, limit / (norm + 1e-6)), as torch's clip_grad_norm_.
  public static func clipFactor(norm: Double, limit: Double?) -> Double {
    guard let limit else { return 1 }
    return min(1, limit / (norm + 1e-6))
  }
}
