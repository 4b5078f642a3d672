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

  /// The names of class folders, sorted, which is the label order of an image folder; `_` reads as a space.
  public init(folders path: String) throws {
    let folders = try FileSystem.names(in: path).filter {
      !$0.hasPrefix(".") && FileSystem.kind(FileSystem.join(path, $0)) == .folder
    }
    guard folders.count > 1 else {
      throw InputError(
        "the folder holds \(folders.count) class folders", at: path, cure: "lay the images out as FOLDER/CLASS/IMAGE")
    }
    names = folders.map { $0.replacing("_", with: " ") }
  }

  /// The ten of CIFAR-10 as CLIP names them.
  public static let cifar10 = ClassNames([
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ])
}
