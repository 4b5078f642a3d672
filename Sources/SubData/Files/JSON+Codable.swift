public import Foundation

extension JSON {
  /// What `JSONEncoder` makes of a value, its keys sorted: Foundation's own order changes from process to process.
  public init(encoding value: some Encodable, keys: JSONEncoder.KeyEncodingStrategy = .useDefaultKeys) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = keys
    encoder.outputFormatting = [.sortedKeys]
    self = try .parse(String(decoding: encoder.encode(value), as: UTF8.self), at: "\(type(of: value))")
  }

  /// The value that was encoded so. Throws a `DecodingError` where this is none.
  public func decoded<Value: Decodable>(as type: Value.Type) throws -> Value {
    try JSONDecoder().decode(type, from: Data(bytes()))
  }
}
