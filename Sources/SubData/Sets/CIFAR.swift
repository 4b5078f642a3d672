internal import SubCore

/// CIFAR-10 and CIFAR-100 in their binary version: records of one (CIFAR-100: two, coarse and fine) label bytes and
/// 3072 bytes of planar red, green and blue rows of 32 by 32 pixels.
public struct CIFAR: ImageSource {
  public let classNames: [String]
  public let labels: [Int]
  private let files: [(path: String, bytes: HostArray)]
  private let offsets: [(file: Int, offset: Int)]

  public var count: Int { labels.count }

  /// Reads the binary files of a folder: `data_batch_1.bin` to `data_batch_5.bin` or `test_batch.bin` of CIFAR-10,
  /// `train.bin` or `test.bin` of CIFAR-100 (fine labels). Class names come from `batches.meta.txt` or
  /// `fine_label_names.txt` if they are there.
  ///
  /// Throws `InputError` if the files are missing or no whole number of records, or a label is out of range.
  public init(_ folder: String, training: Bool) throws {
    let hundred = Self.exists("\(folder)/train.bin") || Self.exists("\(folder)/test.bin")
    let names =
      hundred
      ? [training ? "train.bin" : "test.bin"]
      : training ? (1...5).map { "data_batch_\($0).bin" } : ["test_batch.bin"]
    let classes = hundred ? 100 : 10
    let record = 3072 + (hundred ? 2 : 1)
    var files: [(path: String, bytes: HostArray)] = []
    var labels: [Int] = []
    var offsets: [(file: Int, offset: Int)] = []
    for name in names {
      let path = "\(folder)/\(name)"
      let bytes = try FileBytes.read(path)
      guard bytes.count > 0, bytes.count % record == 0 else {
        throw InputError(
          "\(bytes.count) bytes are no whole number of records of \(record)", at: path,
          cure: "fetch the binary version of CIFAR-\(classes) again")
      }
      for start in stride(from: 0, to: bytes.count, by: record) {
        let label = bytes.withBytes { Int($0[start + (hundred ? 1 : 0)]) }
        guard label < classes else {
          throw InputError(
            "label \(label) is no class of CIFAR-\(classes)", at: "\(path), byte \(start)",
            cure: "fetch the binary version again")
        }
        labels.append(label)
        offsets.append((files.count, start + (hundred ? 2 : 1)))
      }
      files.append((path, bytes))
    }
    let list = try? FileBytes.read("\(folder)/\(hundred ? "fine_label_names.txt" : "batches.meta.txt")")
    let lines = list.map { $0.withBytes { String(decoding: $0, as: UTF8.self) } } ?? ""
    let found = lines.split(whereSeparator: \.isNewline).map(String.init)
    classNames = found.count == classes ? found : (0..<classes).map(String.init)
    self.labels = labels
    self.files = files
    self.offsets = offsets
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

  private static func exists(_ path: String) -> Bool { (try? FileBytes.size(path)) != nil }
}
