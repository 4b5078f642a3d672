public import SubCore

/// What a pickle holds, as far as a checkpoint needs it. Objects of unknown classes are kept as their parts; nothing is
/// ever called or imported.
public indirect enum PickleValue: Sendable {
  case none
  case bool(Bool)
  case int(Int64)
  case float(Double)
  case string(String)
  case bytes([UInt8])
  case list([PickleValue])
  case tuple([PickleValue])
  case set([PickleValue])
  /// A dictionary or OrderedDict, in its order.
  case dictionary([(key: PickleValue, value: PickleValue)])
  case tensor(TorchTensor)
  /// The name of a class, function or type: `torch.float16`.
  case global(String)
  /// An object of any other class, with its state (attributes), its items and the arguments it was made from.
  case object(PickleObject)
  /// What cannot be shown: a number beyond 64 bits, a cycle, something nested too deeply, a tensor of a foreign type.
  case opaque(String)

  /// The value of a string key of a dictionary.
  public subscript(key: String) -> PickleValue? {
    guard case .dictionary(let members) = self else { return nil }
    return members.last { $0.key.string == key }?.value
  }
  /// The text, if this is a string.
  public var string: String? { if case .string(let value) = self { value } else { nil } }
  /// The number, if this is a whole one.
  public var int: Int? { if case .int(let value) = self { Int(value) } else { nil } }
  /// The number, if this is one.
  public var double: Double? {
    switch self {
    case .int(let value): Double(value)
    case .float(let value): value
    default: nil
    }
  }
  /// The members, if this is a dictionary.
  public var members: [(key: PickleValue, value: PickleValue)]? {
    if case .dictionary(let members) = self { members } else { nil }
  }
  /// The tensor, if this is one.
  public var tensor: TorchTensor? { if case .tensor(let tensor) = self { tensor } else { nil } }
}

/// An object of a class that means nothing here, as it was pickled.
public struct PickleObject: Sendable {
  /// The class's module and name: `argparse.Namespace`.
  public let type: String
  /// What its constructor got.
  public let arguments: [PickleValue]
  /// Its attributes, usually a dictionary.
  public let state: PickleValue
  /// What was put into it, where its class is a kind of dictionary.
  public let items: [(key: PickleValue, value: PickleValue)]
}

/// A tensor as a pickle describes it: a strided view of a storage that lies elsewhere in the file.
public struct TorchTensor: Sendable {
  /// The name of the storage.
  public let storage: String
  /// The element type.
  public let dtype: DType
  /// The length of every axis.
  public let shape: [Int]
  /// Elements from one index to the next along every axis; checked to be non-negative.
  public let strides: [Int]
  /// The first element, counted in elements from the storage's start.
  public let offset: Int
}
