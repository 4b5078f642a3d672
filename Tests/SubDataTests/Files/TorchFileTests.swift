import Foundation
import SubCore
import SubData
import Testing

@Suite struct TorchFileTests {
  private let block = (0..<24).map(Float.init)

  @Test(arguments: ["state_zip_p2.pth", "state_zip_p4.pth", "state_legacy_p2.pth", "state_legacy_p4.pth"])
  func `types, views and shared storages read to the values that were saved`(name: String) throws {
    let file = try TorchFile(Fixture.path(name))
    #expect(file.names.first == "f64" && file.names.count == DType.allCases.count + 9)
    for dtype in DType.allCases {
      let array = try file.array(named: dtype.rawValue)
      #expect(array.dtype == dtype && array.shape == [2, 3])
      #expect(array.floats() == (dtype == .bool ? [0, 1, 1, 1, 1, 1] : [0, 1, 2, 3, 4, 5]))
    }
    func floats(_ name: String, _ shape: [Int]) throws -> [Float] {
      let array = try file.array(named: name)
      #expect(array.shape == shape)
      #expect(try file.info(named: name) == TensorInfo(dtype: .f32, shape: shape))
      return array.floats()
    }
    #expect(try floats("transposed", [3, 2]) == [0, 3, 1, 4, 2, 5])
    #expect(try floats("column", [4]) == [2, 8, 14, 20])
    #expect(try floats("row", [6]) == [12, 13, 14, 15, 16, 17])
    #expect(try floats("window", [2, 2]) == [8, 9, 14, 15])
    #expect(try floats("shared", [4, 6]) == block)
    #expect(try floats("expanded", [2, 3]) == [7, 7, 7, 7, 7, 7])
    #expect(try floats("parameter", [2, 3]) == [0, 1, 2, 3, 4, 5])
    #expect(try floats("scalar", []) == [2.5])
    #expect(try floats("empty", [0, 4]) == [])
    #expect(file.skipped.count == 1 && file.skipped[0].hasPrefix("complex: a tensor of torch.ComplexFloatStorage"))
  }

  @Test(arguments: ["training_zip.pth", "training_legacy.pth"])
  func `weights are found in a training checkpoint and foreign classes are passed over`(name: String) throws {
    let file = try TorchFile(Fixture.path(name))
    #expect(file.names == ["weight", "bias"])
    #expect(try file.array(named: "weight").floats() == [0, 1, 2, 3, 4, 5])
    #expect(try file.array(named: "bias").floats() == [0.5, 0.5])
    #expect(file.content["epoch"]?.int == 3)
    guard case .object(let arguments)? = file.content["args"] else { throw InputError("no args", at: name, cure: "") }
    #expect(arguments.type == "argparse.Namespace")
    #expect(arguments.state["lr"]?.double == 1e-3 && arguments.state["name"]?.string == "vit")
    guard case .object(let strange)? = file.content["strange"] else {
      throw InputError("no object", at: name, cure: "")
    }
    #expect(strange.type.hasSuffix(".Strange") && strange.state["weight"]?.tensor?.shape == [2])
    guard case .list(let cycle)? = file.content["cycle"], case .opaque(let what)? = cycle.first else {
      throw InputError("no cycle", at: name, cure: "")
    }
    #expect(what == "a cycle")
  }

  @Test func `an average is taken before the weights, which a key takes`() throws {
    let average = try TensorFile.open(Fixture.path("averages.pth"))
    #expect(average.names == ["weight"] && average.remarks.count == 1)
    #expect(average.remarks[0].contains("'model_ema' are taken") && average.remarks[0].hasSuffix("--weights model"))
    #expect(try average.array(named: "weight").floats() == [10, 11, 12, 13, 14, 15])
    let raw = try TensorFile.open(Fixture.path("averages.pth"), weights: "model")
    #expect(try raw.array(named: "weight").floats() == [0, 1, 2, 3, 4, 5])
    let error = #expect(throws: InputError.self) {
      try TensorFile.open(Fixture.path("averages.pth"), weights: "teacher")
    }
    #expect(error?.cure == "use one of model, model_ema, optimizer")
    #expect(throws: InputError.self) { try TensorFile.open(Fixture.path("types.safetensors"), weights: "model") }
  }

  @Test func `weights are found under a key that nobody knows, beside an optimizer's tensors`() throws {
    let file = try TensorFile.open(Fixture.path("unusual_key.pth"))
    #expect(file.names == ["weight"] && file.remarks.isEmpty)
  }

  @Test func `tensors that cannot be read are named`() throws {
    let file = try TensorFile.open(Fixture.path("odd_types.pth"))
    #expect(file.names == ["a"])
    let remark = try #require(file.remarks.first)
    #expect(remark.hasPrefix("4 tensors cannot be read and are left out: "))
    for part in [
      "sparse: a sparse tensor", "complex: a tensor of", "quantized: a quantized tensor",
      "f8: a tensor of torch.float8_e4m3fn",
    ] { #expect(remark.contains(part), "\(remark)") }
  }

  @Test func `a whole pickled module and TorchScript archives give the same names and values`() throws {
    for name in ["module_zip.pt", "traced.pt", "scripted.pt"] {
      let file = try TensorFile.open(Fixture.path(name))
      #expect(
        file.names.sorted() == [
          "logit_scale", "visual.0.table", "visual.0.weight", "visual.1.bias", "visual.1.weight",
        ],
        "\(name)")
      #expect(try file.array(named: "visual.0.weight").dtype == .f16)
      #expect(try file.array(named: "visual.0.weight").floats() == [0, 1, 2, 3, 4, 5])
      #expect(try file.array(named: "visual.0.table").integers() == [0, 1, 2, 3, 4, 5])
      #expect(try file.array(named: "logit_scale").floats() == [2.5])
      #expect(try file.array(named: "visual.1.weight").floats() == [1, 1, 1])
    }
  }

  @Test func `a deflated archive in the other byte order reads to the same values`() throws {
    let file = try TorchFile(Fixture.path("big_endian_deflated.pth"))
    #expect(try file.array(named: "f32").floats() == [0, 1, 2, 3, 4, 5])
    #expect(try file.array(named: "i64").integers() == [0, 1, 2, 3, 4, 5])
    #expect(try file.array(named: "u8").integers() == [0, 1, 2, 3, 4, 5])
  }

  @Test func `an archive whose checksums were not computed is read, one whose checksums are wrong is not`() throws {
    #expect(try TorchFile(Fixture.path("no_checksums.pth")).array(named: "f32").floats() == [0, 1, 2, 3, 4, 5])
    try Fixture.inFolder { folder in
      var bytes = try Fixture.bytes("state_zip_p2.pth")
      let storage = try #require(bytes.firstRange(of: Array("data/0".utf8)))
      // The first storage's data lie 64 bytes aligned behind its name: one bit of them changes.
      bytes[(storage.upperBound + 63) / 64 * 64] ^= 1
      try AtomicFile.write(bytes, to: "\(folder)/bad.pth")
      let error = inputError { _ = try TorchFile("\(folder)/bad.pth").arrays() }
      #expect(error?.what.contains("checksum") == true && error?.place.hasSuffix("data/0") == true)
    }
  }

  @Test func `every kind of file is recognised by its content`() throws {
    try Fixture.inFolder { folder in
      for name in [
        "types.safetensors", "stored.npz", "state_zip_p2.pth", "state_legacy_p2.pth", "traced.pt", "npy/f4.npy",
      ] {
        let path = "\(folder)/file"
        try AtomicFile.write(Fixture.bytes(name), to: path)
        #expect(try !TensorFile.open(path).names.isEmpty, "\(name)")
      }
      for text in ["", "hello", "version https://git-lfs.github.com/spec/v1", "<!DOCTYPE html>", "\u{1f}"] {
        try AtomicFile.write(text, to: "\(folder)/file")
        #expect(inputError { _ = try TensorFile.open("\(folder)/file") } != nil)
      }
      #expect(inputError { _ = try TensorFile.open("\(folder)/none") } != nil)
      #expect(inputError { _ = try TensorFile.open(folder) }?.what.contains("pytorch_model.bin") == true)
    }
  }

  @Test(
    arguments: [
      ("I1\nI2\n", "I4611686018427387904\nI3\n", [1, 2], [0, 3]),
      ("I2\nI1\n", "I5\nI4611686018427387904\n", [2, 1], [0, 5]),
      ("I1\nI2\nI1\nI2\n", "I4611686018427387904\nI1\nI2305843009213693952\nI4\n", [1, 2, 1, 2], [0, 4, 1, 5]),
    ] as [(String, String, [Int], [Float])])
  func `the stride of an axis of length 1 leads nowhere`(
    shape: String, strides: String, expected: [Int], values: [Float]
  ) throws {
    let magic: [UInt8] = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
    let version: [UInt8] = [0x80, 2] + Array("M".utf8) + [0xe9, 3, 0x2e]
    let pickle =
      "}.}(X\u{1}\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\u{7}\0\0\0storagectorch\nFloatStorage\n"
      + "X\u{1}\0\0\0kX\u{3}\0\0\0cpuI8\ntQI0\n(\(shape)t(\(strides)ttRu.](X\u{1}\0\0\0ke."
    let storage: [UInt8] =
      [8, 0, 0, 0, 0, 0, 0, 0]
      + (0..<8).flatMap { number in
        withUnsafeBytes(of: Float(number).bitPattern.littleEndian) { Array($0) }
      }
    try Fixture.inFolder { folder in
      try AtomicFile.write(magic + version + Array(pickle.utf8) + storage, to: "\(folder)/wide.pth")
      let array = try TorchFile("\(folder)/wide.pth").array(named: "w")
      #expect(array.shape == expected && array.floats() == values)
    }
  }

  /// Pickles of a few bytes that would build endlessly, or reach outside their storage, in the stream form.
  @Test(arguments: [
    ("nesting", "holds no weights"), ("doubling", "multiply"), ("expansion", "far more than the file"),
    ("beyond", "its elements end at 2 of the 1"), ("huge claim", "its storage claims"), ("overflow", "strides"),
    ("negative", "a size expected"), ("marks", "holds no weights"), ("memo", "remembered"), ("copies", "without end"),
  ])
  func `malicious pickles are refused or cut off`(kind: String, reason: String) throws {
    let magic: [UInt8] = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
    let version: [UInt8] = [0x80, 2] + Array("M".utf8) + [0xe9, 3, 0x2e]
    let system: [UInt8] = Array("}.".utf8)
    func tensor(offset: String = "0", shape: String, strides: String, count: String = "1") -> [UInt8] {
      Array(
        ("}(X\u{1}\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\u{7}\0\0\0storage"
          + "ctorch\nFloatStorage\nX\u{1}\0\0\0kX\u{3}\0\0\0cpu"
          + "I\(count)\ntQI\(offset)\n(\(shape)t(\(strides)ttRu.").utf8)
    }
    let pickle: [UInt8]
    switch kind {
    case "nesting": pickle = Array("N".utf8) + [UInt8](repeating: 0x85, count: 3_000_000) + Array(".".utf8)
    case "doubling":
      // {0: A, 1: A} where A is {0: B, 1: B} and so on, 40 levels: 2^40 names.
      let levels = (0..<40).map { level in
        "q\(Unicode.Scalar(UInt8(level)))0}(K\0h\(Unicode.Scalar(UInt8(level)))K\u{1}h\(Unicode.Scalar(UInt8(level)))u"
      }
      pickle = Array(("}" + levels.joined() + ".").utf8)
    case "expansion": pickle = tensor(shape: "I1000000\nI1000000\n", strides: "I0\nI0\n")
    case "beyond": pickle = tensor(offset: "1", shape: "I1\n", strides: "I1\n")
    case "huge claim": pickle = tensor(shape: "I1\n", strides: "I1\n", count: "9000000000000000000")
    case "overflow": pickle = tensor(shape: "I3\nI3\n", strides: "I4611686018427387904\nI4611686018427387904\n")
    case "negative": pickle = tensor(shape: "I2\n", strides: "I-1\n")
    case "marks": pickle = [UInt8](repeating: UInt8(ascii: "("), count: 1_000_000) + Array("t.".utf8)
    case "copies":
      // One tuple of 100000 elements, made a tuple again and again in six bytes.
      let long = "cbuiltins\ntuple\nq\0(" + String(repeating: "N", count: 100_000) + "tq\u{1}00"
      let again = Array("h\0h\u{1}".utf8) + [0x85, UInt8(ascii: "R")]
      pickle = Array(long.utf8) + (0..<1000).flatMap { _ in again } + Array(".".utf8)
    default: pickle = Array("j".utf8) + [0xff, 0xff, 0xff, 0xff] + Array(".".utf8)
    }
    let hasStorage = ["expansion", "beyond", "huge claim", "overflow", "negative"].contains(kind)
    let keys = Array((hasStorage ? "](X\u{1}\0\0\0ke." : "].").utf8)
    let storage: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0] + [0, 0, 0x80, 0x3f]
    try Fixture.inFolder { folder in
      try AtomicFile.write(magic + version + system + pickle + keys + storage, to: "\(folder)/bad.pth")
      let error = inputError { _ = try TorchFile("\(folder)/bad.pth").arrays() }
      #expect(error?.what.contains(reason) == true, "\(kind): \(error?.description ?? "no error")")
    }
    // The same frame around an honest tensor is read: what is refused above is refused for its content.
    try Fixture.inFolder { folder in
      let pickle = tensor(shape: "I1\n", strides: "I1\n")
      let keys = Array("](X\u{1}\0\0\0ke.".utf8)
      try AtomicFile.write(magic + version + system + pickle + keys + storage, to: "\(folder)/good.pth")
      #expect(try TorchFile("\(folder)/good.pth").array(named: "w").floats() == [1])
    }
  }

  @Test(arguments: [
    "state_zip_p2.pth", "state_legacy_p4.pth", "training_zip.pth", "training_legacy.pth", "scripted.pt",
  ])
  func `files that end early are refused`(name: String) throws {
    let refused = try cut(Fixture.bytes(name), at: 700) { path in
      for (_, array) in try TensorFile.open(path).arrays() { _ = array.floats() }
    }
    #expect(refused > 0.9)
  }
}
