public import SubCore
public import SubData

/// A kind of model that weight files may hold: how such files are told, what they say of the model, and by which names its
/// tensors go elsewhere.
public protocol ModelFamily: Sendable {
  /// What it is called: `ViT`.
  var name: String { get }
  /// How its files are named, in the order in which they are tried.
  var namings: [Naming] { get }
  /// A recognised model with its sizes, in a line.
  func summary(of weights: Weights) throws -> String
  /// The model's own names of all tensors that a recognised file may hold.
  func tensorNames(of weights: Weights) throws -> [String]
  /// The names that a user calls `key` for a recognised model; nil where nobody calls its tensors so.
  func names(_ key: String, of weights: Weights) throws -> WeightNames?
}

extension ModelFamily {
  public func names(_ key: String, of weights: Weights) throws -> WeightNames? {
    namings.first { $0.key == key }.map { WeightNames($0) }
  }

  /// The file as this family's; nil where it holds no such model.
  public func recognise(_ source: any NamedTensors) -> Weights? { Weights(source, among: namings) }

  /// The same; throws where it holds no such model.
  public func recognised(_ source: any NamedTensors) throws -> Weights {
    if let weights = recognise(source) { return weights }
    throw InputError(
      "these are no weights of a \(name)", at: source.place,
      cure: "give one in \(namings.map(\.title).joined(separator: " or ")) (masksub inspect shows what a file holds)")
  }
}

/// A file's tensors under the names of another naming.
public struct RenamedWeights {
  /// The renamed tensors.
  public private(set) var tensors: [(name: String, array: HostArray)] = []
  /// Tensors that have no name or no place there.
  public private(set) var dropped: [String] = []

  /// Renames the tensors of a recognised file. What no model has keeps its name where both namings are of one dialect.
  public init(_ weights: Weights, of family: any ModelFamily, to target: WeightNames) throws {
    var used: Set<String> = []
    for name in try family.tensorNames(of: weights) where weights.contains(name) {
      used.formUnion(weights.fileNames(of: name))
      guard !target.naming.lacks(name) else {
        dropped += weights.fileNames(of: name)
        continue
      }
      let (array, parts) = (try weights.array(named: name), target.names(of: name).count)
      guard parts == 1 || !array.shape.isEmpty && array.shape[0] % parts == 0 else {
        throw weights.failure(
          "shape \(array.shape) cannot be cut into \(parts)", name, cure: "get the file again")
      }
      tensors += target.tensors(name, array)
    }
    for name in weights.source.names where !used.contains(name) {
      if target.naming.dialect == weights.naming.dialect, name.hasPrefix(weights.prefix) {
        tensors.append((String(name.dropFirst(weights.prefix.count)), try weights.source.array(named: name)))
      } else {
        dropped.append(name)
      }
    }
  }
}
