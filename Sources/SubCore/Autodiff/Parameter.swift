/// How a parameter starts.
public enum Initializer: Sendable {
  case zeros
  case constant(Double)
  /// N(0, deviation²).
  case normal(deviation: Double)
  /// Uniform in ±bound.
  case uniform(bound: Double)
}

/// A weight: a named place in a `ParameterSet`'s flat arena. Reference identity is what ties weights.
public final class Parameter {
  /// The shape in the checkpoint.
  public let shape: Shape
  /// How it starts.
  public var initializer: Initializer
  /// The last part of its name where that is not the property's own.
  public let key: String?
  /// Whether gradients arrive as rows (embeddings), so that rows nobody touched cost nothing.
  public let isTable: Bool
  /// The full name, once a set holds it.
  public package(set) var name = ""
  /// A frozen parameter gets no gradient and no update; nor does any optimizer keep a state for it. To be decided before
  /// the parameter gets memory.
  public var isFrozen = false {
    willSet { precondition(values == nil, "Parameter \(name): freeze it before a ParameterSet is made of it") }
  }

  var values: Tensor?
  var slot = -1

  /// A parameter that gets memory when a `ParameterSet` is made of its module.
  public init(_ shape: Shape, _ initializer: Initializer, key: String? = nil, isTable: Bool = false) {
    self.shape = shape
    self.initializer = initializer
    self.key = key
    self.isTable = isTable
  }

  /// The values, tracked.
  public var tensor: Tensor {
    var tensor = value
    if Tape.isRecording && !isFrozen { tensor.source = .parameter(self, start: 0) }
    return tensor
  }

  /// The values as a constant: a view of the arena.
  public var value: Tensor {
    guard let values else { preconditionFailure("Parameter \(name) \(shape) has no memory: make a ParameterSet first") }
    return values
  }

  /// Rows of a matrix or elements of a vector, tracked: part of a packed projection.
  public func rows(_ range: Range<Int>) -> Tensor {
    precondition(range.lowerBound >= 0 && range.upperBound <= shape[0], "Parameter \(name): rows \(range) of \(shape)")
    let width = shape.count / max(1, shape[0])
    let view = value.slice(
      from: range.lowerBound * width, shape: Shape([range.count] + shape.dimensions.dropFirst()))
    guard Tape.isRecording && !isFrozen else { return view }
    var tracked = view
    tracked.source = .parameter(self, start: range.lowerBound * width)
    return tracked
  }
}
