/// A JSON value (RFC 8259). Whole numbers that fit keep all their 64 bits; objects keep the order of their members.
public enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  /// A number written without fraction or exponent that fits 64 bits.
  case integer(Int64)
  /// Any other number.
  case number(Double)
  case string(String)
  case array([JSON])
  case object(Object)

  /// A number that prints as the shortest text of the `Float` itself: 0.1, not 0.10000000149011612.
  public init(_ value: Float) {
    self = .number(value.isFinite ? Double(value.description) ?? Double(value) : Double(value))
  }

  /// The member of an object; nil for other values and absent keys.
  public subscript(key: String) -> JSON? {
    guard case .object(let object) = self else { return nil }
    return object[key]
  }

  /// Whether this is `null`.
  public var isNull: Bool { self == .null }
  /// The truth value, if this is one.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// The text, if this is a string.
  public var string: String? { if case .string(let value) = self { value } else { nil } }
  /// The elements, if this is an array.
  public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
  /// The members, if this is an object.
  public var object: Object? { if case .object(let value) = self { value } else { nil } }
  /// The value, if this is a number.
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
  /// The value, if this is a number and whole (`3`, also `3.0` and `3e0`).
  public var int: Int? {
    switch self {
    case .integer(let value): Int(value)
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }
}

extension JSON {
  /// The texts of an object whose keys count from 0, in that order, as `id2label` has them; nil for anything else.
  public var namesByNumber: [String]? {
    guard let members = object?.members else { return nil }
    var byNumber: [Int: String] = [:]
    for member in members { if let number = Int(member.key) { byNumber[number] = member.value.string ?? "" } }
    let count = byNumber.count
    return count > 0 && byNumber.keys.allSatisfy({ (0..<count).contains($0) }) ? (0..<count).map { byNumber[$0]! } : nil
  }
}

extension JSON {
  /// The members of an object in their written order. Keys are equal only when all their bytes are: vocabularies hold
  /// both the composed and the decomposed form of a letter, which `String` takes for one.
  public struct Object: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// One key with its value.
    public struct Member: Sendable, Equatable {
      /// The name.
      public let key: String
      /// What it holds.
      public fileprivate(set) var value: JSON
    }

    /// All members, first written first.
    public private(set) var members: [Member] = []
    /// Where each key stands; kept only for large objects, small ones are searched.
    private var positions: [ByteKey: Int] = [:]
    private static let searched = 8

    /// An empty object.
    public init() {}
    /// The given members; of equal keys the last one counts.
    public init(_ members: [(key: String, value: JSON)]) {
      for member in members { self[member.key] = member.value }
    }
    /// The given members; of equal keys the last one counts.
    public init(dictionaryLiteral elements: (String, JSON)...) {
      for (key, value) in elements { self[key] = value }
    }

    /// The number of members.
    public var count: Int { members.count }
    /// The keys in order.
    public var keys: [String] { members.map(\.key) }

    /// The value of a key. Setting replaces it in place or appends it; setting nil does nothing.
    public subscript(key: String) -> JSON? {
      get { position(of: key).map { members[$0].value } }
      set {
        guard let newValue else { return }
        if let position = position(of: key) {
          members[position].value = newValue
        } else {
          append(key, newValue)
        }
      }
    }

    /// Appends a member and says true, or says false where the key exists.
    mutating func add(_ key: String, _ value: JSON) -> Bool {
      guard position(of: key) == nil else { return false }
      append(key, value)
      return true
    }

    public static func == (left: Object, right: Object) -> Bool { left.members == right.members }

    private func position(of key: String) -> Int? {
      if members.count > Self.searched { return positions[ByteKey(key)] }
      return members.firstIndex { $0.key.utf8.elementsEqual(key.utf8) }
    }

    private mutating func append(_ key: String, _ value: JSON) {
      members.append(Member(key: key, value: value))
      if members.count == Self.searched + 1 {
        for (position, member) in members.enumerated() { positions[ByteKey(member.key)] = position }
      } else if members.count > Self.searched {
        positions[ByteKey(key)] = members.count - 1
      }
    }

    /// A string whose equality is that of its bytes.
    private struct ByteKey: Hashable {
      let text: String
      init(_ text: String) { self.text = text }
      static func == (left: ByteKey, right: ByteKey) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }
      func hash(into hasher: inout Hasher) {
        var copy = text
        copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
      }
    }
  }
}

extension JSON: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) {
    var object = Object()
    for (key, value) in elements { object[key] = value }
    self = .object(object)
  }
}
