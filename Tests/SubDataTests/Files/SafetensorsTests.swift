import Foundation
import SubCore
import SubData
import Synchronization
import Testing

@Suite struct SafetensorsTests {
  /// A file of the given header and data size.
  private func file(_ header: String, data: Int = 0, in folder: String, length: UInt64? = nil) throws -> String {
    let path = "\(folder)/made.safetensors"
    var bytes = withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { Data($0) }
    bytes.append(contentsOf: header.utf8)
    bytes.append(Data(count: data))
    try bytes.write(to: URL(filePath: path))
    return path
  }

  @Test func `every type reads to the values that were saved`() throws {
    let file = try Safetensors.open(Fixture.path("types.safetensors"))
    #expect(file.metadata.map { [$0.key, $0.value] } == [["format", "pt"]])
    #expect(file.names.count == 15)
    for dtype in DType.allCases {
      let array = try file.array(named: dtype.rawValue)
      #expect(array.dtype == dtype && array.shape == [2, 3])
      #expect(array.floats() == (dtype == .bool ? [0, 1, 1, 1, 1, 1] : [0, 1, 2, 3, 4, 5]))
    }
    #expect(try file.array(named: "scalar").floats() == [2.5])
    #expect(try file.info(named: "scalar") == TensorInfo(dtype: .f32, shape: []))
    #expect(try file.array(named: "empty").shape == [0, 4])
    #expect(inputError { _ = try file.array(named: "none") }?.place.hasSuffix("tensor 'none'") == true)
  }

  /// What safetensors' `save_model` notes of tensors that several names share.
  @Test func `a tensor is found by its other names in the metadata`() throws {
    try Fixture.inFolder { folder in
      let path = "\(folder)/alias.safetensors"
      let metadata = [("format", "pt"), ("tied.weight", "a.weight"), ("a.weight", "b"), ("lost", "nothing")]
      try Safetensors.write([("a.weight", HostArray([1, 2] as [Float], shape: [2]))], metadata: metadata, to: path)
      let file = try Safetensors.open(path)
      #expect(file.names == ["a.weight", "tied.weight"])
      #expect(try file.array(named: "tied.weight").floats() == [1, 2])
    }
  }

  @Test(arguments: [
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 7),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 9),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8),
    (#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#, 6),
    (#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#, 8),
    (#"{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}"#, 1),
    (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}}"#, 0),
    (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0),
    (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904,0],"data_offsets":[0,0]}}"#, 0),
    (#"{"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}}"#, 0),
    (#"{"a":{"dtype":"F32","shape":[0.5],"data_offsets":[0,2]}}"#, 2),
    (#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, 4),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4), (#"{"a":[]}"#, 0), ("[]", 0), ("", 0),
    (#"{"__metadata__":{"a":1}}"#, 0), ("{}", 1),
  ])
  func `a header that lies is refused`(header: String, data: Int) throws {
    try Fixture.inFolder { folder in
      let path = try file(header, data: data, in: folder)
      let error = inputError { _ = try Safetensors.open(path) }
      #expect(error?.place.hasPrefix(path) == true)
    }
  }

  @Test(arguments: [9, 1 << 40, UInt64.max, 1 << 63, 100_000_001])
  func `a header length beyond the file is refused`(length: UInt64) throws {
    try Fixture.inFolder { folder in
      let path = try file("{}", in: folder, length: length)
      #expect(inputError { _ = try Safetensors.open(path) }?.place == "\(path), byte 0")
    }
  }

  @Test func `what is written reads back, aligned and in order`() throws {
    try Fixture.inFolder { folder in
      let path = "\(folder)/out.safetensors"
      let tensors: [(name: String, array: HostArray)] = [
        ("bytes", HostArray([UInt8]([1, 2, 3]), shape: [3], dtype: .u8)),
        ("wide", HostArray([Int64]([-1, 5]), shape: [2, 1])),
        ("f", HostArray([Float]([0.5]), shape: [])), ("none", HostArray([Float](), shape: [0, 7])),
      ]
      try Safetensors.write(tensors, metadata: [("format", "pt"), ("q", "\"")], to: path)
      let file = try Safetensors.open(path)
      #expect(file.names == ["bytes", "wide", "f", "none"])
      #expect(file.metadata.map(\.value) == ["pt", "\""])
      for (name, array) in tensors {
        let read = try file.array(named: name)
        #expect(read.shape == array.shape && read.floats() == array.floats())
        #expect(read.byteOffset % read.dtype.size == 0)
      }
      #expect(try Fixture.names(in: folder) == ["out.safetensors"])
      #expect(inputError { try Safetensors.write([tensors[0], tensors[0]], to: path) } != nil)
      #expect(try Safetensors.open(path).names.count == 4)
    }
  }

  @Test func `a writer that fails leaves the previous file and nothing else`() throws {
    try Fixture.inFolder { folder in
      let path = "\(folder)/out.safetensors"
      try Safetensors.write([("a", HostArray([Float]([1]), shape: [1]))], to: path)
      let info = TensorInfo(dtype: .f32, shape: [1])
      let cancelled = inputError {
        try Safetensors.write([("b", info)], to: path) { _ in throw InputError("stopped", at: "here", cure: "none") }
      }
      #expect(cancelled?.what == "stopped")
      #expect(try Safetensors.open(path).names == ["a"])
      #expect(try Fixture.names(in: folder) == ["out.safetensors"])
      let error = inputError { try Safetensors.write([("a", HostArray([Float]([1]), shape: [1]))], to: "/dev/full") }
      #expect(error?.place == "/dev/full" && error?.cure.contains("space") == true)
    }
  }

  @Test func `folders, pipes, absent and empty files are refused at once`() throws {
    try Fixture.inFolder { folder in
      mkfifo("\(folder)/pipe", 0o600)
      try Data().write(to: URL(filePath: "\(folder)/empty"))
      for name in ["", "pipe", "empty", "absent"] {
        #expect(inputError { _ = try Safetensors.open("\(folder)/\(name)") } != nil)
      }
      #expect(try InputFile("\(folder)/empty").count == 0 as Int)
      #expect(inputError { _ = try InputFile("\(folder)/pipe") }?.what.contains("pipe") == true)
    }
  }

  @Test func `files that end early are refused`() throws {
    let refused = try cut(Fixture.bytes("types.safetensors"), at: 2000) { path in
      for (_, array) in try Safetensors.open(path).arrays() { _ = array.floats() }
    }
    #expect(refused > 0.9)
  }
}

/// Tensors that count how many of them are held at once.
private final class CountedTensors: NamedTensors {
  let place = "memory"
  let names = (0..<6).map { "t\($0)" }
  private let held = Mutex((now: 0, most: 0))

  var most: Int { held.withLock { $0.most } }

  func info(named name: String) throws -> TensorInfo { TensorInfo(dtype: .f32, shape: [4]) }

  func array(named name: String) throws -> HostArray {
    held.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 16, alignment: 64)
    memory.initializeMemory(as: Float.self, repeating: Float(name.dropFirst()) ?? 0)
    let buffer = HostBuffer(borrowing: UnsafeRawBufferPointer(memory)) { [self] in
      memory.deallocate()
      held.withLock { $0.now -= 1 }
    }
    return HostArray(dtype: .f32, shape: [4], buffer: buffer)
  }
}

@Suite struct CopyingTests {
  @Test func `copies hold one tensor at a time, in every format`() throws {
    try Fixture.inFolder { folder in
      let source = CountedTensors()
      try Safetensors.write(copying: source, to: "\(folder)/out.safetensors")
      try Npz.write(source, to: "\(folder)/out.npz")
      try NpyFolder.write(source, to: "\(folder)/out")
      #expect(source.most == 1)
      for name in ["out.safetensors", "out.npz", "out"] {
        let copy = try TensorFile.open("\(folder)/\(name)")
        #expect(try copy.names == source.names && copy.array(named: "t5").floats() == [5, 5, 5, 5])
      }
      for write: () throws -> Void in [
        { try Safetensors.write(copying: source, to: "\(folder)/no.safetensors") },
        { try Npz.write(source, to: "\(folder)/no.npz") },
        { try NpyFolder.write(source, to: "\(folder)/no") },
      ] {
        Interruption.$simulated.withValue(.init()) { #expect(throws: Interruption.self) { try write() } }
      }
      #expect(try Fixture.names(in: folder).sorted() == ["out", "out.npz", "out.safetensors"])
    }
  }
}
