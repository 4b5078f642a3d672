public import SubCore
public import SubData

/// A weight file seen through a naming: its tensors by a model's own names and in its own shapes.
public struct Weights: Sendable {
  /// The file.
  public let source: any NamedTensors
  /// Whose names it has.
  public let naming: Naming
  /// What stands before every name: `module.`, `visual.`, or nothing.
  public let prefix: String

  /// A file whose naming is known.
  public init(_ source: any NamedTensors, _ naming: Naming, prefix: String = "") {
    (self.source, self.naming, self.prefix) = (source, naming, prefix)
  }

  /// Recognises the naming of a file among some, in their order; nil where it is none of them. Wrappers' prefixes
  /// (`module.`, `_orig_mod.`, `model.`) are seen through, whatever they are.
  public init?(_ source: any NamedTensors, among namings: [Naming]) {
    let names = Set(source.names)
    for naming in namings {
      for signature in naming.signatures {
        guard let first = signature.first else { continue }
        let prefixes = source.names.compactMap { name -> String? in
          name == first || name.hasSuffix("." + first) ? String(name.dropLast(first.count)) : nil
        }
        if let prefix = prefixes.first(where: { prefix in signature.allSatisfy { names.contains(prefix + $0) } }) {
          self.init(source, naming, prefix: prefix)
          return
        }
      }
    }
    return nil
  }

  /// The file, for messages.
  public var place: String { source.place }

  /// Naming and prefix in words.
  public var title: String { prefix.isEmpty ? naming.title : "\(naming.title) behind '\(prefix)'" }

  /// Whether the file holds a tensor of the model.
  public func contains(_ name: String) -> Bool { found(name) != nil }

  /// The file's names of a tensor: one, or its parts'; those that are written where it holds none.
  public func fileNames(of name: String) -> [String] {
    found(name)?.names ?? newNames(of: name)
  }

  /// The names by which a tensor is written that does not come from the file.
  func newNames(of name: String) -> [String] { naming.names(of: name).map { prefix + $0 } }

  /// Type and shape of a tensor as the model has it; nil where the file does not hold it. Throws where parts differ.
  public func info(of name: String) throws -> TensorInfo? {
    guard let (names, layout) = found(name) else { return nil }
    let info = try joinedInfo(names)
    return TensorInfo(dtype: info.dtype, shape: Self.ours(info.shape, layout))
  }

  /// The shape alone.
  public func shape(of name: String) throws -> [Int]? { try info(of: name)?.shape }

  /// A tensor as the model has it. Throws where it is not there or holds no floating-point numbers.
  public func array(named name: String) throws -> HostArray {
    guard let (names, layout) = found(name) else {
      throw InputError(
        "there is no such tensor", at: "\(place), tensor '\(fileNames(of: name)[0])'", cure: "give the complete weights"
      )
    }
    let info = try joinedInfo(names)
    guard info.dtype.isFloating else {
      throw InputError(
        "a weight of type \(info.dtype)", at: "\(place), tensor '\(names[0])'", cure: "store weights as floats")
    }
    let arrays = try names.map { try source.array(named: $0) }
    let array = arrays.count == 1 ? arrays[0] : HostArray(joining: arrays, shape: info.shape)
    if layout == .transposed, array.shape.count == 2 { return array.transposed }
    return array.reshaped(Self.ours(array.shape, layout))
  }

  /// The error for a tensor that is not as it should be.
  public func failure(_ what: String, _ name: String, cure: String) -> InputError {
    InputError(what, at: "\(place), tensor '\(fileNames(of: name)[0])'", cure: cure)
  }

  /// Whether a name of the file is known and of no use here; what a larger model holds beside this one
  /// (`visual.` beside a text tower) is.
  func isKnown(_ fileName: String) -> Bool {
    guard fileName.hasPrefix(prefix) else { return naming.isPart }
    return naming.isKnown(String(fileName.dropFirst(prefix.count)))
  }

  /// The first of the names by which the file may know a tensor that are all there.
  private func found(_ name: String) -> (names: [String], layout: Naming.Layout)? {
    for (names, layout) in naming.candidates(name) {
      let names = names.map { prefix + $0 }
      if names.allSatisfy({ source.contains($0) }) { return (names, layout) }
    }
    return nil
  }

  /// Type and shape of the rows of several tensors one behind the other.
  private func joinedInfo(_ names: [String]) throws -> TensorInfo {
    let infos = try names.map { try source.info(named: $0) }
    guard infos.count > 1 else { return infos[0] }
    var shape = infos[0].shape
    guard infos.allSatisfy({ $0 == infos[0] }), let rows = shape.first, rows <= 1 << 24 else {
      throw InputError(
        "it and \(names.dropFirst().joined(separator: ", ")) differ in shape or type",
        at: "\(place), tensor '\(names[0])'", cure: "get the file again")
    }
    shape[0] = rows * infos.count
    return TensorInfo(dtype: infos[0].dtype, shape: shape)
  }

  private static func ours(_ shape: [Int], _ layout: Naming.Layout) -> [Int] {
    switch layout {
    case .same: return shape
    case .transposed: return shape.count == 2 ? shape.reversed() : shape
    case .leading(let axes):
      let ones = min(axes, shape.prefix { $0 == 1 }.count, max(0, shape.count - 1))
      return Array(shape.dropFirst(ones))
    }
  }
}
