/// State of a network that is not trained: the statistics that batch normalisation keeps. It has a name and a place in
/// checkpoints as a `Parameter` has, and neither gradient nor update.
public final class Buffer {
  /// The shape in the checkpoint.
  public let shape: Shape
  /// What every element is at the start.
  public let start: Double
  /// The last part of its name where that is not the property's own.
  public let key: String?
  /// The full name, once a set holds it.
  public package(set) var name = ""

  var values: Tensor?

  /// A buffer that gets memory when a `ParameterSet` is made of its module.
  public init(_ shape: Shape, filledWith start: Double, key: String? = nil) {
    self.shape = shape
    self.start = start
    self.key = key
  }

  /// The values as a constant. Writing into them changes the state.
  public var value: Tensor {
    guard let values else { preconditionFailure("Buffer \(name) \(shape) has no memory: make a ParameterSet first") }
    return values
  }
}
