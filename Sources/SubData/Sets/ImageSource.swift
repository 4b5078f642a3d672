public import SubCore

/// A picture as a source hands it over: the bytes of a file, or pixels.
public enum SourceImage: Sendable {
  /// A file's contents (u8) and what to call it in errors.
  case file(HostArray, name: String)
  /// Pixels in memory.
  case pixels(RGBImage)

  /// The picture, a file's decoded as a whole. Throws `InputError` for a broken one.
  public func decoded() throws -> RGBImage {
    switch self {
    case .file(let bytes, let name): try ImageDecoder.decode(bytes, name: name)
    case .pixels(let image): image
    }
  }
}

/// Labelled pictures that can be read in any order, by several threads at once.
public protocol ImageSource: Sendable {
  /// How many pictures there are.
  var count: Int { get }
  /// The classes in the order of their numbers.
  var classNames: [String] { get }
  /// The class of every picture.
  var labels: [Int] { get }
  /// What is wrong with the data and does no harm, in a line each: what was left out.
  var remarks: [String] { get }
  /// What to call a picture in messages: its file, or its place in one.
  func name(of index: Int) -> String
  /// A picture, not yet decoded if it comes from a file. Throws `InputError` if it cannot be read.
  func image(at index: Int) throws -> SourceImage
}

extension ImageSource {
  /// Nothing.
  public var remarks: [String] { [] }
}
