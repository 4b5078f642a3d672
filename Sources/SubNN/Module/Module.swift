public import SubCore

/// A part of a network: parameters and modules in stored properties, found once by reflection and named after the
/// properties (`patchEmbed` → `patch_embed`, arrays → `blocks.0`), so that names equal the checkpoint's.
open class Module {
  /// A module without parameters of its own.
  public init() {}

  /// Every parameter with its full name, in the order of declaration.
  public func namedParameters(prefix: String = "") -> [(name: String, parameter: Parameter)] {
    var found: [(String, Parameter)] = []
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
    _ value: Any, name: String, prefix: String, into found: inout [(String, Parameter)]
  ) {
    if let renamed = value as? any Renamed {
      collect(renamed.value, name: renamed.key, prefix: prefix, into: &found)
    } else if let parameter = value as? Parameter {
      found.append((prefix + (parameter.key ?? name), parameter))
    } else if let module = value as? Module {
      found += module.namedParameters(prefix: name.isEmpty ? prefix : prefix + name + ".")
    } else if let modules = value as? [Module] {
      for (index, module) in modules.enumerated() {
        found += module.namedParameters(prefix: "\(prefix)\(name).\(index).")
      }
    }
  }

  /// camelCase to snake_case.
  private static func checkpointName(_ label: String) -> String {
    label.reduce(into: "") { name, character in
      if character.isUppercase { name += "_" + character.lowercased() } else { name.append(character) }
    }
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
