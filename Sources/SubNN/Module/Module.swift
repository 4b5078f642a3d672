public import SubCore

/// A part of a network: parameters, buffers and modules in stored properties, found once by reflection and named after the
/// properties (`patchEmbed` → `patch_embed`, arrays → `blocks.0`), so that names equal the checkpoint's.
open class Module {
  /// A module without parameters of its own.
  public init() {}

  /// Every parameter with its full name, in the order of declaration.
  public func namedParameters() -> [(name: String, parameter: Parameter)] {
    leaves().compactMap { name, leaf in (leaf as? Parameter).map { (name, $0) } }
  }

  /// Every buffer with its full name, in the order of declaration.
  public func namedBuffers() -> [(name: String, buffer: Buffer)] {
    leaves().compactMap { name, leaf in (leaf as? Buffer).map { (name, $0) } }
  }

  /// Parameters and buffers of this module and of those that it holds, the superclass's first.
  private func leaves(prefix: String = "") -> [(name: String, leaf: AnyObject)] {
    var found: [(String, AnyObject)] = []
    var mirror: Mirror? = Mirror(reflecting: self)
    var levels: [Mirror] = []
    while let level = mirror {
      levels.insert(level, at: 0)
      mirror = level.superclassMirror
    }
    for child in levels.flatMap(\.children) {
      guard let label = child.label else { continue }
      Self.collect(child.value, name: Self.checkpointName(label), prefix: prefix, into: &found)
    }
    return found
  }

  private static func collect(
    _ value: Any, name: String, prefix: String, into found: inout [(String, AnyObject)]
  ) {
    if let renamed = value as? any Renamed {
      collect(renamed.value, name: renamed.key, prefix: prefix, into: &found)
    } else if let parameter = value as? Parameter {
      found.append((prefix + (parameter.key ?? name), parameter))
    } else if let buffer = value as? Buffer {
      found.append((prefix + (buffer.key ?? name), buffer))
    } else if let module = value as? Module {
      found += module.leaves(prefix: name.isEmpty ? prefix : prefix + name + ".")
    } else if let modules = value as? [Module] {
      for (index, module) in modules.enumerated() { found += module.leaves(prefix: "\(prefix)\(name).\(index).") }
    }
  }

  /// camelCase to snake_case.
  private static func checkpointName(_ label: String) -> String {
    label.reduce(into: "") { name, character in
      if character.isUppercase { name += "_" + character.lowercased() } else { name.append(character) }
    }
  }
}

extension ParameterSet {
  /// Memory for all parameters and buffers of a model. Without a key the parameters stay zero.
  public convenience init(
    _ model: Module, dtype: DType = .f32, precision: Precision = .fp32, on device: Device, key: RandomKey?
  ) {
    self.init(
      model.namedParameters(), buffers: model.namedBuffers(), dtype: dtype, precision: precision, on: device,
      key: key)
  }
}

/// Renames a child: `@Key("self") var attention = Attention()`, or `@Key var norm: LayerNorm` with
/// `_norm = Key(wrappedValue: …, "LayerNorm")` in `init`.
@propertyWrapper public struct Key<Value> {
  /// The child.
  public let wrappedValue: Value
  let key: String

  /// A child that checkpoints know as `key`.
  public init(wrappedValue: Value, _ key: String) { (self.wrappedValue, self.key) = (wrappedValue, key) }
}

/// What reflection sees of a `Key`.
private protocol Renamed {
  var key: String { get }
  var value: Any { get }
}

extension Key: Renamed {
  fileprivate var value: Any { wrappedValue }
}
