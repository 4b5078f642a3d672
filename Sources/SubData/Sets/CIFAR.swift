internal import SubCore

/// CIFAR-10 and CIFAR-100 as they are published: planar red, green and blue rows of 32 by 32 pixels.
///
/// - The binary version: records of one (CIFAR-100: two, coarse and fine) label bytes and 3072 bytes of pixels.
/// - The Python version: pickled dictionaries of `data` u8 [N, 3072] and `labels` (CIFAR-100: `fine_labels`).
public struct CIFAR: ImageSource {
  public let classNames: [String]
  public let labels: [Int]
  private let files: [(path: String, bytes: HostArray)]
  private let offsets: [(file: Int, offset: Int)]

  public var count: Int { labels.count }

  /// A version of the data, by its files' names.
  private struct Version {
    let classes: Int
    let training: [String]
    let test: String
    /// The file that names the classes.
    let meta: String
    let isPickled: Bool

    static let all = [
      Version(
        classes: 10, training: (1...5).map { "data_batch_\($0).bin" }, test: "test_batch.bin", meta: "batches.meta.txt",
        isPickled: false),
      Version(
        classes: 100, training: ["train.bin"], test: "test.bin", meta: "fine_label_names.txt", isPickled: false),
      Version(
        classes: 10, training: (1...5).map { "data_batch_\($0)" }, test: "test_batch", meta: "batches.meta",
        isPickled: true),
      Version(classes: 100, training: ["train"], test: "test", meta: "meta", isPickled: true),
    ]

    /// The version that lies in a folder. `train` and `test` alone may be anything: the Python version of CIFAR-100 is
    /// known by `meta`.
    static func found(in folder: String) -> Version? {
      func exists(_ name: String) -> Bool { FileSystem.kind(FileSystem.join(folder, name)) == .file }
      return all.first { version in
        (exists(version.training[0]) || exists(version.test)) && (version.meta != "meta" || exists(version.meta))
      }
    }
  }

  /// Whether a folder holds one of the versions.
  public static func recognizes(_ folder: String) -> Bool { Version.found(in: folder) != nil }

  /// Whether the test images are there.
  public static func hasTest(_ folder: String) -> Bool {
    Version.found(in: folder).map { FileSystem.kind(FileSystem.join(folder, $0.test)) == .file } ?? false
  }

  /// Reads the files of a folder: `data_batch_1.bin` to `data_batch_5.bin` or `test_batch.bin` of CIFAR-10, `train.bin`
  /// or `test.bin` of CIFAR-100 (fine labels), or the same without `.bin`, as Python pickled them. Class names are in
  /// `batches.meta.txt`, `fine_label_names.txt`, `batches.meta` or `meta` if they are there.
  ///
  /// Throws `InputError` if the files are missing or damaged, or a label is out of range.
  public init(_ folder: String, training: Bool) throws {
    guard let version = Version.found(in: folder) else {
      throw InputError(
        "there are no files of CIFAR", at: folder,
        cure: "unpack cifar-10-binary.tar.gz, cifar-10-python.tar.gz or those of CIFAR-100 there")
    }
    var files: [(path: String, bytes: HostArray)] = []
    var labels: [Int] = []
    var offsets: [(file: Int, offset: Int)] = []
    for name in training ? version.training : [version.test] {
      let path = FileSystem.join(folder, name)
      let part = try version.isPickled ? Self.pickled(path, version) : Self.binary(path, version)
      if let bad = part.labels.firstIndex(where: { !(0..<version.classes).contains($0) }) {
        throw InputError(
          "label \(part.labels[bad]) of image \(bad) is no class of CIFAR-\(version.classes)", at: path,
          cure: "fetch CIFAR-\(version.classes) again")
      }
      labels += part.labels
      offsets += part.offsets.map { (files.count, $0) }
      files.append((path, part.bytes))
    }
    classNames = try Self.names(FileSystem.join(folder, version.meta), version)
    self.labels = labels
    self.files = files
    self.offsets = offsets
  }

  /// The pixels of a file, where each image begins, and its label.
  private typealias Part = (bytes: HostArray, offsets: [Int], labels: [Int])

  private static func binary(_ path: String, _ version: Version) throws -> Part {
    let header = version.classes == 100 ? 2 : 1
    let record = 3072 + header
    let bytes = try InputFile(path).array()
    guard bytes.count > 0, bytes.count % record == 0 else {
      throw InputError(
        "\(bytes.count) bytes are no whole number of records of \(record)", at: path,
        cure: "fetch the binary version of CIFAR-\(version.classes) again")
    }
    let starts = Array(stride(from: 0, to: bytes.count, by: record))
    let labels = bytes.withBytes { bytes in starts.map { Int(bytes[$0 + header - 1]) } }
    return (bytes, starts.map { $0 + header }, labels)
  }

  private static func pickled(_ path: String, _ version: Version) throws -> Part {
    func wrong(_ what: String) -> InputError {
      InputError(what, at: path, cure: "fetch the Python version of CIFAR-\(version.classes) again")
    }
    let content = try PickleFile.read(path)
    guard let data = content.member("data")?.numpyArray, data.dtype == .u8, data.shape.count == 2,
      data.shape[1] == 3072, data.shape[0] > 0
    else { throw wrong("'data' is no array u8 [N, 3072]") }
    let key = version.classes == 100 ? "fine_labels" : "labels"
    guard let labels = content.member(key)?.integers, labels.count == data.shape[0] else {
      throw wrong("'\(key)' is no list of \(data.shape[0]) whole numbers")
    }
    return (data, (0..<labels.count).map { $0 * 3072 }, labels)
  }

  /// The names of the classes; their numbers where nobody names them.
  private static func names(_ path: String, _ version: Version) throws -> [String] {
    let numbers = (0..<version.classes).map(String.init)
    guard FileSystem.kind(path) == .file else { return numbers }
    guard version.isPickled else {
      let text = try InputFile(path).text()
      let lines = text.split(whereSeparator: \.isNewline).map(String.init)
      return lines.count == version.classes ? lines : numbers
    }
    let key = version.classes == 100 ? "fine_label_names" : "label_names"
    guard let names = try PickleFile.read(path).member(key)?.texts, names.count == version.classes else {
      throw InputError(
        "'\(key)' is no list of \(version.classes) names", at: path,
        cure: "fetch the Python version of CIFAR-\(version.classes) again")
    }
    return names
  }

  public func name(of index: Int) -> String {
    "\(files[offsets[index].file].path), byte \(offsets[index].offset)"
  }

  public func image(at index: Int) throws -> SourceImage {
    let (file, offset) = offsets[index]
    return .pixels(
      RGBImage(width: 32, height: 32) { target in
        files[file].bytes.withBytes { bytes in
          for pixel in 0..<1024 {
            for channel in 0..<3 { target[3 * pixel + channel] = bytes[offset + 1024 * channel + pixel] }
          }
        }
      })
  }
}

extension PickleValue {
  private var elements: [PickleValue]? {
    switch self {
    case .list(let elements), .tuple(let elements): elements
    default: nil
    }
  }

  /// The whole numbers of a list, tuple or array.
  fileprivate var integers: [Int]? {
    if let array = numpyArray { return array.dtype.isFloating || array.shape.count != 1 ? nil : array.integers() }
    let numbers = elements?.map(\.int)
    return numbers?.contains(nil) == false ? numbers?.compactMap(\.self) : nil
  }

  /// The texts of a list or tuple.
  fileprivate var texts: [String]? {
    let texts = elements?.map(\.text)
    return texts?.contains(nil) == false ? texts?.compactMap(\.self) : nil
  }
}
