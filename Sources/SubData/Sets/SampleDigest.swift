/// A number that two lists of samples hardly share (64-bit FNV-1a): by it a resumed run knows its data again. It is no
/// protection against anybody.
public struct SampleDigest: Sendable, Equatable {
  /// The number so far.
  public private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  /// Of no samples.
  public init() {}

  /// Adds bytes.
  public mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
  }

  /// Adds a text, which ends there.
  public mutating func add(_ text: String) {
    add(text.utf8)
    add(CollectionOfOne(0xFF))
  }

  /// Adds a number.
  public mutating func add(_ number: Int) {
    var rest = UInt64(bitPattern: Int64(number))
    for _ in 0..<8 {
      add(CollectionOfOne(UInt8(truncatingIfNeeded: rest)))
      rest >>= 8
    }
  }

  /// Adds numbers, and how many there are.
  public mutating func add(_ numbers: [Int32]) {
    add(numbers.count)
    for number in numbers { value = (value ^ UInt64(UInt32(bitPattern: number))) &* 0x100_0000_01B3 }
  }

  /// As a run's configuration holds it.
  public func json(count: Int) -> JSON {
    ["count": .integer(Int64(count)), "digest": .string(String(value, radix: 16))]
  }
}

extension ImageSource {
  /// Names below what all have in common, and labels: other pictures, or in another order, are other data. A folder that was
  /// moved is not.
  public var identity: JSON {
    var digest = SampleDigest()
    let labels = labels
    let common = count > 0 ? Self.common(name(of: 0), name(of: count - 1)) : 0
    for index in 0..<count {
      digest.add(String(name(of: index).utf8.dropFirst(common)) ?? "")
      digest.add(labels[index])
    }
    return digest.json(count: count)
  }

  /// The bytes of the folders that a first and a last name share.
  private static func common(_ first: String, _ last: String) -> Int {
    let shared = zip(first.utf8, last.utf8).prefix { $0 == $1 }.map(\.0)
    return (shared.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1
  }
}
