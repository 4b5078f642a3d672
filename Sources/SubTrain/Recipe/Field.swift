public import SubData

/// A row of a recipe's table: a hyper-parameter with its key, what it may be, and what it means.
public struct Field<Root>: Sendable {
  /// The full name: `optimizer.lr`.
  public let key: String
  /// What it may be.
  public let allowed: Allowed
  /// What it does, in a few words.
  public let meaning: String
  /// Where its value comes from; nil: from the recipe's own source.
  public let source: String?
  /// Whether it may be another when a run is resumed: it says how long to train or how often to look, not how.
  public let mayChange: Bool
  private let get: @Sendable (Root) -> JSON
  private let set: @Sendable (inout Root, JSON) -> Void
  private var idleness: @Sendable (Root) -> String? = { _ in nil }

  /// The part of the key behind its group: `lr`.
  public var shortKey: String { key.split(separator: ".").last.map(String.init) ?? key }

  /// The value in a recipe.
  public func value(in root: Root) -> JSON { get(root) }

  /// Beside what in a recipe the field does nothing: `with adamw`; nil where it does something.
  public func idle(in root: Root) -> String? { idleness(root) }

  /// The field, which does nothing where `reason` has one.
  public func idle(_ reason: @escaping @Sendable (Root) -> String?) -> Self {
    var field = self
    field.idleness = reason
    return field
  }

  /// Puts a value into a recipe; says false where it is of another type or out of range.
  public func put(_ value: JSON, into root: inout Root) -> Bool {
    guard allowed.contains(value) else { return false }
    set(&root, value)
    return true
  }

  private init(
    _ key: String, _ allowed: Allowed, _ meaning: String, source: String?, mayChange: Bool,
    get: @escaping @Sendable (Root) -> JSON, set: @escaping @Sendable (inout Root, JSON) -> Void
  ) {
    (self.key, self.allowed, self.meaning, self.source, self.mayChange) = (key, allowed, meaning, source, mayChange)
    (self.get, self.set) = (get, set)
  }
}

// What a property may be.
extension Field {
  /// A whole number.
  public init(
    _ key: String, _ path: any WritableKeyPath<Root, Int> & Sendable, _ range: ClosedRange<Int>, _ meaning: String,
    source: String? = nil, mayChange: Bool = false
  ) {
    self.init(
      key, .whole(range), meaning, source: source, mayChange: mayChange,
      get: { .integer(Int64($0[keyPath: path])) }, set: { root, value in value.int.map { root[keyPath: path] = $0 } })
  }

  /// A number.
  public init(
    _ key: String, _ path: any WritableKeyPath<Root, Double> & Sendable, _ range: NumberRange, _ meaning: String,
    source: String? = nil, mayChange: Bool = false
  ) {
    self.init(
      key, .number(range), meaning, source: source, mayChange: mayChange,
      get: { .shortest($0[keyPath: path]) }, set: { root, value in value.double.map { root[keyPath: path] = $0 } })
  }

  /// A yes or no.
  public init(
    _ key: String, _ path: any WritableKeyPath<Root, Bool> & Sendable, _ meaning: String, source: String? = nil,
    mayChange: Bool = false
  ) {
    self.init(
      key, .truth, meaning, source: source, mayChange: mayChange,
      get: { .bool($0[keyPath: path]) }, set: { root, value in value.bool.map { root[keyPath: path] = $0 } })
  }

  /// One of a type's cases, by its name.
  public init<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
    _ key: String, _ path: any WritableKeyPath<Root, Choice> & Sendable, _ meaning: String, source: String? = nil,
    mayChange: Bool = false
  ) {
    self.init(
      key, .choice(Choice.allCases.map(\.rawValue)), meaning, source: source, mayChange: mayChange,
      get: { .string($0[keyPath: path].rawValue) },
      set: { root, value in value.string.flatMap(Choice.init(rawValue:)).map { root[keyPath: path] = $0 } })
  }

  /// A text: one of a list's words, or of a described form.
  public init(
    _ key: String, _ path: any WritableKeyPath<Root, String> & Sendable, _ allowed: Allowed, _ meaning: String,
    source: String? = nil, mayChange: Bool = false
  ) {
    self.init(
      key, allowed, meaning, source: source, mayChange: mayChange,
      get: { .string($0[keyPath: path]) }, set: { root, value in value.string.map { root[keyPath: path] = $0 } })
  }
}

/// Fields that recipes have in common under one name: `optimizer`, `schedule`, `loop` …
public protocol FieldGroup: Sendable, Equatable {
  /// The rows, keys without the group's name.
  static var fields: [Field<Self>] { get }
}

extension Field {
  /// The rows of a group as rows of what holds it.
  /// - Parameters:
  ///   - meanings: what a key means in this recipe, where it is more than in others.
  ///   - fixed: keys that a resumed run must have as it was begun, though they may change in others.
  public static func group<Group: FieldGroup>(
    _ name: String, _ path: any WritableKeyPath<Root, Group> & Sendable, meanings: [String: String] = [:],
    fixed: Set<String> = []
  ) -> [Field] {
    Group.fields.map { field in
      Field(
        "\(name).\(field.key)", field.allowed, meanings[field.key] ?? field.meaning, source: field.source,
        mayChange: field.mayChange && !fixed.contains(field.key), get: { field.get($0[keyPath: path]) },
        set: { field.set(&$0[keyPath: path], $1) }
      ).idle { field.idle(in: $0[keyPath: path]) }
    }
  }
}
