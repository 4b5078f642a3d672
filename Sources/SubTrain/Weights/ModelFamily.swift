import SubCore
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
  /// The same of a file or folder at a path, with what lies beside the weights and what a user says of them.
  func summary(of weights: Weights, at path: String, _ hints: WeightHints) throws -> String
  /// The model's own names of all tensors that a recognised file may hold.
  func tensorNames(of weights: Weights) throws -> [String]
  /// The names that a user calls `key` for a recognised model; nil where nobody calls its tensors so.
  func names(_ key: String, of weights: Weights) throws -> WeightNames?
}

extension ModelFamily {
  public func summary(of weights: Weights, at path: String, _ hints: WeightHints) throws -> String {
    try summary(of: weights)
  }

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
