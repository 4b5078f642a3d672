public import SubCore

/// A `.npz` file: a zip archive of `.npy` files, stored or deflated.
public struct Npz: NamedTensors {
  public let place: String
  public let names: [String]
  private let archive: ZipArchive

  /// Reads the archive's directory. Entries other than `.npy` files are passed over; none at all is an error.
  public init(_ path: String) throws { try self.init(ZipArchive(InputFile(path))) }

  init(_ archive: ZipArchive) throws {
    place = archive.file.path
    self.archive = archive
    names = archive.entries.map(\.name).filter { $0.hasSuffix(".npy") }.map { String($0.dropLast(4)) }
    guard !names.isEmpty else {
      throw InputError("the archive holds no .npy files", at: place, cure: "use a file that numpy.savez wrote")
    }
  }

  public func contains(_ name: String) -> Bool { archive[name + ".npy"] != nil }

  public func info(named name: String) throws -> TensorInfo {
    let header = try header(entry(name))
    return TensorInfo(dtype: header.dtype, shape: header.shape)
  }

  /// Deflated arrays are inflated up to the size that their own header states.
  public func array(named name: String) throws -> HostArray {
    let entry = try entry(name)
    _ = try header(entry)
    let content = try archive.content(entry)
    var reader = ByteReader(content.buffer, place: archive.place(entry), range: content.range)
    let header = try NpyHeader(&reader)
    return try Npy.array(header, &reader)
  }

  /// Writes stored entries, as `numpy.savez` does, atomically. bf16 is written as f32. One tensor is held at a time.
  public static func write(_ tensors: any NamedTensors, to path: String) throws {
    var written: Set<String> = []
    for name in tensors.names where !written.insert(name).inserted {
      throw InputError(
        "two tensors of this name cannot be written", at: "\(path), tensor '\(name)'", cure: "rename one")
    }
    try AtomicFile.write(to: path) { file in
      var zip = ZipWriter(file)
      for name in tensors.names {
        try Interruption.check()
        let array = Npy.writable(try tensors.array(named: name))
        try Npy.header(array).withUnsafeBytes { header in
          try array.withBytes { try zip.add(name + ".npy", [header, $0]) }
        }
      }
      try zip.finish()
    }
  }

  private func entry(_ name: String) throws -> ZipArchive.Entry {
    guard let entry = archive[name + ".npy"] else { throw unknown(name) }
    return entry
  }

  /// The entry's header; the array it claims must be what the archive claims.
  private func header(_ entry: ZipArchive.Entry) throws -> NpyHeader {
    let prefix = try archive.start(entry, limit: 12)
    var reader = ByteReader(prefix.buffer, place: archive.place(entry), range: prefix.range)
    let start = try archive.start(entry, limit: try NpyHeader.byteCount(&reader))
    reader = ByteReader(start.buffer, place: archive.place(entry), range: start.range)
    let header = try NpyHeader(&reader)
    guard header.byteCount.addingReportingOverflow(header.dataSize) == (entry.size, false) else {
      throw archive.failure(
        "\(ClaimedSize.text(header.shape)) of \(header.dtype) is not what \(entry.size) bytes hold", entry)
    }
    return header
  }
}
