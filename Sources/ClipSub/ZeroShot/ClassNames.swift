import SubCore
import SubData

/// The names of the classes of a zero-shot task, in label order.
public struct ClassNames: Sendable, Equatable {
  /// The names.
  public let names: [String]

  /// Names in memory.
  public init(_ names: [String]) { self.names = names }

  /// Reads a class file: one name per line, in label order. Names may repeat, as two of ImageNet's do.
  public init(file path: String) throws {
    names = try LineFile.entries(path).map(\.text)
    guard names.count > 1 else {
      throw InputError(
        "the file names \(names.count) classes", at: path, cure: "write the class names, one per line, in label order")
    }
  }

  /// The ten of CIFAR-10 as CLIP names them.
  public static let cifar10 = ClassNames([
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ])
}
