import SubCore
public import SubData

/// A network as timm's `create_model` makes it.
public struct TimmModel: Sendable {
  /// The name whose network it is but for the arguments.
  public var architecture: String
  /// The arguments.
  public var arguments: JSON.Object
  /// What it has otherwise all the same, in a line.
  public var difference: String?

  /// A network by name and arguments.
  public init(_ architecture: String, _ arguments: JSON.Object, difference: String? = nil) {
    (self.architecture, self.arguments, self.difference) = (architecture, arguments, difference)
  }
}

/// The arguments of timm's networks (`model_args`) that a family understands: any other makes another network of them.
public struct TimmArguments: Sendable {
  /// Those that may have any value: tensors tell it too, or it is read, or evaluation does not depend on it.
  public var free: Set<String>
  /// Those that may have some values alone.
  public var limited: [String: [JSON]]

  /// No arguments unless given.
  public init(free: Set<String> = [], limited: [String: [JSON]] = [:]) {
    (self.free, self.limited) = (free, limited)
  }

  /// What neither shapes nor values of a network depend on once it is trained, and its ends, which tensors tell.
  static let common: Set = [
    "num_classes", "in_chans", "global_pool", "drop_rate", "pos_drop_rate", "patch_drop_rate", "proj_drop_rate",
    "attn_drop_rate", "drop_path_rate", "drop_block_rate", "weight_init", "fix_init", "zero_init_last",
    "head_init_scale",
  ]

  /// Throws an `InputError` for an argument that is not understood.
  func check(_ arguments: JSON, at place: String) throws(InputError) {
    for argument in arguments.object?.members ?? [] where !free.contains(argument.key) {
      let (key, value) = (argument.key, argument.value)
      guard let known = limited[key] else {
        throw InputError(
          "timm's argument '\(key)' is not understood", at: "\(place), model_args",
          cure: "use a model that was made without it")
      }
      guard known.contains(value) else {
        throw InputError(
          "\(key) \(value.text()) is not supported", at: "\(place), model_args",
          cure: "use a model with \(key) \(known.map { $0.text() }.joined(separator: " or "))")
      }
    }
  }
}
