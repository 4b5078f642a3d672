public import SubCore
public import SubData

/// An image with its caption, the image still encoded.
public struct CaptionPair: Sendable {
  /// Where it lies, for messages: `train-0000.tar: 000012`, or a path.
  public let name: String
  /// The caption as it stands in the source; the tokenizer cleans it.
  public let caption: String
  /// The class, where the source names one (the JSON field `label`).
  public let label: Int?
  private let image: Image

  private enum Image: Sendable {
    case bytes(HostArray)
    case file(String)
    case part(InputFile, Range<Int>)
  }

  /// A pair whose image's file contents are at hand, a u8 array.
  public init(name: String, caption: String, image: HostArray, label: Int? = nil) {
    precondition(image.dtype == .u8, "CaptionPair: image bytes are \(image.dtype)")
    self.name = name
    self.caption = caption
    self.label = label
    self.image = .bytes(image)
  }

  /// A pair whose image lies in a file.
  public init(name: String, caption: String, imageFile path: String, label: Int? = nil) {
    self.name = name
    self.caption = caption
    self.label = label
    image = .file(path)
  }

  /// A pair whose image's file contents are a part of another file.
  init(name: String, caption: String, image file: InputFile, _ part: Range<Int>, label: Int? = nil) {
    self.name = name
    self.caption = caption
    self.label = label
    image = .part(file, part)
  }

  /// The image's file contents, a u8 array; a file is read now. Throws an `InputError` where it cannot be.
  public func imageBytes() throws -> HostArray {
    switch image {
    case .bytes(let bytes): return bytes
    case .file(let path): return try InputFile(path).array()
    case .part(let file, let part): return try file.array(part)
    }
  }
}

/// Pairs that can be had by number: a shard, a table, a folder.
public protocol CaptionPairs: Sendable {
  /// How many there are.
  var count: Int { get }
  /// A pair. Throws a `CaptionFault` for one that cannot be used.
  func pair(at index: Int) throws(CaptionFault) -> CaptionPair
  /// Adds what tells these pairs from others.
  func add(to digest: inout SampleDigest)
}

extension CaptionPairs {
  public func add(to digest: inout SampleDigest) {}
}
