public import SubCore

/// Something besides the weights that decides the future of a run: optimizer, average.
public protocol Checkpointed: AnyObject {
  /// The state, for a checkpoint.
  func state() -> [StateArray]
  /// Puts a state back: `array` gives what `state` had of a role, and of a tensor of the model where it belongs to one.
  /// Throws where something is missing or of another shape.
  func restore(_ array: (_ role: String, _ tensor: String?) throws -> HostArray) throws
}

/// A piece of what a checkpoint holds besides weights.
public struct StateArray {
  /// What it is: `first` (moment). Empty for a part that holds one array a tensor and nothing else.
  public let role: String
  /// The tensor of the model that it belongs to, by the model's own name and in its shape; nil: none.
  public let tensor: String?
  /// The numbers.
  public let array: HostArray

  /// A piece of a state.
  public init(_ role: String, of tensor: String? = nil, _ array: HostArray) {
    (self.role, self.tensor, self.array) = (role, tensor, array)
  }
}

/// Updates parameters from gradients.
public protocol Optimizer: Checkpointed {
  /// One update. `factor`, one element in f64 on the device, multiplies every gradient (clipping); parameters without a gradient stay as they are, as in
  /// PyTorch. Consumes the gradients.
  func step(_ gradients: Gradients, lr: Double, factor: Tensor?)
}

extension Tensor {
  /// Takes what a checkpoint holds of it. Throws where that is of another shape; `what` and `place` are for the message.
  func restore(_ array: HostArray, _ what: String, at place: String) throws {
    guard array.shape == shape.dimensions else {
      throw InputError(
        "\(what) of shape \(array.shape), the model's is \(shape)", at: place,
        cure: "resume with the model that wrote the checkpoint")
    }
    write(array)
  }
}

extension HostArray {
  /// The number of updates that an optimizer's `updates` stands for. Throws where no run counts so far.
  func updateCount() throws -> Int {
    let count = integers().first ?? 0
    guard (0...1 << 53).contains(count) else {
      throw InputError("\(count) updates are no count", at: "updates", cure: "resume from an undamaged checkpoint")
    }
    return count
  }
}
