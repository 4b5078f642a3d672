import SubCore

/// A pair, or a part of a source, that cannot be used. It is counted, named and skipped.
public struct CaptionFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// What may be wrong.
  public enum Kind: String, Sendable, CaseIterable {
    case noCaption = "without caption"
    case noImage = "without image"
    case badCaption = "with a caption that cannot be read"
    case brokenImage = "with an image that cannot be read"
    case brokenShard = "in shards that are cut or damaged"
  }

  /// What is wrong.
  public let kind: Kind
  /// Which pair or shard.
  public let name: String
  /// More about it; may be empty.
  public let detail: String

  /// A fault.
  public init(_ kind: Kind, _ name: String, _ detail: String = "") {
    self.kind = kind
    self.name = name
    self.detail = detail
  }

  /// An image that could not be read, with the reader's error.
  public init(brokenImage name: String, _ error: any Error) {
    // A file of its own has a name that the pair's does not hold; what lies inside a shard has not.
    let detail = (error as? InputError).map { $0.place.hasPrefix(name) ? $0.what : "\($0.what), \($0.place)" }
    self.init(.brokenImage, name, detail ?? "\(error)")
  }

  /// The fault in one line.
  public var description: String {
    "\(name): \(kind.rawValue)" + (detail.isEmpty ? "" : " (\(detail))")
  }
}
