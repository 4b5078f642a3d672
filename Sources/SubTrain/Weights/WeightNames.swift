public import SubCore
import SubData

/// By which names and in which shapes a model's tensors are written: as they were read, or as a naming has them.
public struct WeightNames: Sendable {
  /// The naming.
  public let naming: Naming
  /// What stands before every name that was not read.
  let prefix: String
  /// Names and shapes of the tensors that were read, by the model's own names.
  private let read: [String: [(name: String, shape: [Int])]]

  /// A naming's names behind a prefix.
  public init(_ naming: Naming, prefix: String = "") { (self.naming, self.prefix, read) = (naming, prefix, [:]) }

  /// The names of a file for the tensors that it holds (`loaded`), its naming's for the others.
  init(_ weights: Weights, loaded: [String]) throws {
    (naming, prefix) = (weights.naming, weights.prefix)
    var read: [String: [(name: String, shape: [Int])]] = [:]
    var users: [String: Int] = [:]
    for name in loaded {
      let names = weights.fileNames(of: name)
      for fileName in names { users[fileName, default: 0] += 1 }
      read[name] = try names.map { ($0, try weights.source.info(named: $0).shape) }
    }
    // What several tensors came from is each one's own from now on.
    self.read = read.filter { $0.value.allSatisfy { users[$0.name] == 1 } }
  }

  /// The names of a tensor of the model.
  public func names(of name: String) -> [String] {
    read[name]?.map(\.name) ?? naming.names(of: name).map { prefix + $0 }
  }

  /// The names of a tensor of the model, with the shapes that the file has.
  func shapes(_ name: String, _ shape: [Int]) -> [(name: String, shape: [Int])] {
    let (published, layout) = naming.candidates(name)[0]
    let names = names(of: name)
    precondition(names.count == published.count || names.count == 1, "WeightNames: parts of \(name)")
    let part = names.count > 1 ? [shape[0] / names.count] + shape.dropFirst() : shape
    let laid = Self.theirs(part, layout)
    return names.enumerated().map { number, fileName in
      let own = read[name]?[number].shape ?? laid
      return (fileName, own.reduce(1, *) == laid.reduce(1, *) ? own : laid)
    }
  }

  /// A tensor of the model as the file has it.
  public func tensors(_ name: String, _ array: HostArray) -> [(name: String, array: HostArray)] {
    let isTransposed = naming.candidates(name)[0].layout == .transposed
    let shapes = shapes(name, array.shape)
    return zip(shapes, array.split(shapes.count)).map { their, piece in
      (their.name, (isTransposed && piece.shape.count == 2 ? piece.transposed : piece).reshaped(their.shape))
    }
  }

  /// Several tensors as the file has them.
  public func tensors(_ arrays: [(name: String, array: HostArray)]) -> [(name: String, array: HostArray)] {
    arrays.flatMap { tensors($0.name, $0.array) }
  }

  private static func theirs(_ shape: [Int], _ layout: Naming.Layout) -> [Int] {
    switch layout {
    case .same: shape
    case .transposed: shape.count == 2 ? shape.reversed() : shape
    case .leading(let axes): Array(repeating: 1, count: axes) + shape
    }
  }
}
