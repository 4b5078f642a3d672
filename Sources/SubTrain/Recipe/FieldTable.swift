import SubCore
import SubData

/// All fields of a kind of recipe. Recipes are read, changed, checked, written and shown through it alone; that no
/// property is without a row is what `gaps(in:)` is for.
public struct FieldTable<Root>: Sendable {
  /// A condition on several fields at once.
  public struct Rule: Sendable {
    /// The field that is named when it is broken.
    public let key: String
    /// What the field's value then is not.
    public let wanted: String
    /// Why it has to be, where that is not plain.
    public let reason: String?
    let holds: @Sendable (Root) throws -> Bool

    /// A condition; it may throw a usage error of its own.
    public init(
      _ key: String, _ wanted: String, because reason: String? = nil,
      _ holds: @escaping @Sendable (Root) throws -> Bool
    ) {
      (self.key, self.wanted, self.reason, self.holds) = (key, wanted, reason, holds)
    }
  }

  /// The rows in the order in which they are shown.
  public let rows: [Field<Root>]
  /// Keys of shared groups that this kind of recipe has no use for, and so no row.
  public let unused: Set<String>
  /// What must hold between fields.
  public let rules: [Rule]

  /// A table of rows, less those that are unused.
  public init(_ rows: [[Field<Root>]], unused: Set<String> = [], rules: [Rule] = []) {
    self.rows = rows.joined().filter { !unused.contains($0.key) }
    (self.unused, self.rules) = (unused, rules)
    precondition(Set(self.rows.map(\.key)).count == self.rows.count, "FieldTable: a key occurs twice")
    precondition(rules.allSatisfy { rule in self.rows.contains { $0.key == rule.key } }, "FieldTable: a rule's key")
  }

  /// The row of a full key, of a key's last part where no other row has it, or of a former key. Throws a usage error with
  /// what may have been meant.
  public func row(_ key: String) throws -> Field<Root> {
    if let row = rows.first(where: { $0.key == key || $0.key == FormerKeys.now[key] }) { return row }
    let sharing = rows.filter { $0.shortKey == key }
    if sharing.count == 1 { return sharing[0] }
    guard sharing.isEmpty else {
      throw InputError(
        "several hyper-parameters are called '\(key)'", at: "--set \(key)",
        cure: "give \(sharing.map(\.key).joined(separator: ", ")) in full", isUsage: true)
    }
    if unused.contains(where: { $0 == key || $0.hasSuffix(".\(key)") }) {
      throw InputError(
        "recipes of this kind have no use for '\(key)'", at: "--set \(key)", cure: "leave it out", isUsage: true)
    }
    let word = key.replacing("-", with: "_")
    let names = word.contains(".") ? rows.map(\.key) : rows.map(\.shortKey) + formerKeys
    throw InputError(
      "there is no hyper-parameter '\(key)'", at: "--set \(key)",
      cure: Suggestion.cure(
        Suggestion.nearest(to: word, in: names), else: "masksub recipes show NAME lists what there is"),
      isUsage: true)
  }

  private var formerKeys: [String] {
    FormerKeys.now.filter { former in rows.contains { $0.key == former.value } }.keys.sorted()
  }

  /// Puts a typed value into a recipe. Throws a usage error that says what the field takes.
  func put(_ text: String, _ key: String, into root: inout Root) throws {
    let row = try row(key)
    if let value = row.allowed.value(of: text), row.put(value, into: &root) { return }
    throw InputError(row.allowed, refuses: "'\(text)'", word: text, at: "--set \(key)")
  }

  /// Throws a usage error where a field is out of range or a rule is broken.
  func check(_ root: Root) throws {
    for row in rows {
      let value = row.value(in: root)
      guard !row.allowed.contains(value) else { continue }
      throw InputError(row.allowed, refuses: value.text(), word: value.string ?? "", at: "--set \(row.key)")
    }
    for rule in rules where try !rule.holds(root) {
      let value = rows.first { $0.key == rule.key }?.value(in: root).text() ?? ""
      throw InputError(
        "\(value) is not \(rule.wanted)" + (rule.reason.map { ": \($0)" } ?? ""), at: "--set \(rule.key)",
        cure: "give \(rule.wanted)", isUsage: true)
    }
  }

  /// A recipe's fields, nested by group.
  func json(of root: Root) -> JSON.Object {
    var object = JSON.Object()
    for row in rows {
      let parts = row.key.split(separator: ".").map(String.init)
      guard parts.count == 2 else {
        object[row.key] = row.value(in: root)
        continue
      }
      var group = object[parts[0]]?.object ?? JSON.Object()
      group[parts[1]] = row.value(in: root)
      object[parts[0]] = .object(group)
    }
    return object
  }

  /// The stored properties of a recipe that have neither a row nor are named as unused, as keys. A row covers the property
  /// of its path, one of its last part (`optimizer.decays_positions` a property `decaysPositions`), and one that several
  /// rows share as the start of their names (`schedule.warmup_steps` a property `warmup`).
  public func gaps(in root: Root) -> [String] {
    func leaves(_ value: Any, _ path: String) -> [String] {
      guard path.isEmpty || value is any FieldGroup else { return [path] }
      return Mirror(reflecting: value).children.flatMap { child -> [String] in
        let name = (child.label ?? "").reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : String($1) }
        return leaves(child.value, path.isEmpty ? name : "\(path).\(name)")
      }
    }
    return leaves(root, "").filter { property in
      property != "name" && !unused.contains(property)
        && !rows.contains { $0.key == property || $0.shortKey == property || $0.key.hasPrefix(property + "_") }
    }
  }
}

extension InputError {
  /// A value that a field does not take, with what it does.
  fileprivate init(_ allowed: Allowed, refuses value: String, word: String, at place: String) {
    switch allowed {
    case .choice(let words):
      self.init(
        "\(value) is unknown", at: place,
        cure: Suggestion.cure(for: word, in: words, else: "use \(allowed.description)"), isUsage: true)
    default: self.init("\(value) is not \(allowed.noun)", at: place, cure: "give \(allowed.description)", isUsage: true)
    }
  }
}
