public import SubCore

/// A part of a network: parameters, buffers and modules in stored properties, found by reflection and named after the
/// properties (`patchEmbed` → `patch_embed`), so that names equal the checkpoint's.
///
/// A property holds one of them, an optional one, or an array (`blocks.0`) of what a property may hold. In a dictionary, a
/// tuple or a structure they would have no name: that is a bug. What a class that is no module refers to is no part of
/// the network.
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
    if isNumbers(value) { return }
    if let renamed = value as? any Renamed {
      collect(renamed.value, name: renamed.key, prefix: prefix, into: &found)
    } else if let parameter = value as? Parameter {
      found.append((prefix + (parameter.key ?? name), parameter))
    } else if let buffer = value as? Buffer {
      found.append((prefix + (buffer.key ?? name), buffer))
    } else if let module = value as? Module {
      found += module.leaves(prefix: name.isEmpty ? prefix : prefix + name + ".")
    } else {
      let mirror = Mirror(reflecting: value)
      switch mirror.displayStyle {
      case .optional:
        for some in mirror.children { collect(some.value, name: name, prefix: prefix, into: &found) }
      case .collection:
        let prefix = name.isEmpty ? prefix : prefix + name + "."
        for (index, child) in mirror.children.enumerated() {
          collect(child.value, name: "\(index)", prefix: prefix, into: &found)
        }
      default:
        precondition(
          !holdsLeaves(value),
          "Module: '\(prefix)\(name)' holds parameters or modules in a \(type(of: value)), not in arrays")
      }
    }
  }

  /// Whether there is a parameter, buffer or module inside a value.
  private static func holdsLeaves(_ value: Any) -> Bool {
    // A tensor knows whose values it has.
    if isNumbers(value) || value is Tensor { return false }
    if value is Parameter || value is Buffer || value is Module { return true }
    let mirror = Mirror(reflecting: value)
    return mirror.displayStyle != .class && mirror.children.contains { holdsLeaves($0.value) }
  }

  /// Of numbers there may be many.
  private static func isNumbers(_ value: Any) -> Bool {
    func element<Elements: Collection>(of _: Elements) -> Any.Type { Elements.Element.self }
    return (value as? any Collection).map { element(of: $0) is any Numeric.Type } ?? false
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
