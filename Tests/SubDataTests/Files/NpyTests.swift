import Foundation
import SubCore
import SubData
import Testing

@Suite struct NpyTests {
  private static let types: [(String, DType)] = [
    ("f8", .f64), ("f4", .f32), ("f2", .f16), ("i8", .i64), ("i4", .i32), ("i2", .i16), ("i1", .i8), ("u8", .u64),
    ("u4", .u32), ("u2", .u16), ("u1", .u8), ("b1", .bool),
  ]
  private let ramp = (0..<24).map(Float.init)

  @Test func `every type and byte order reads to the values that were saved`() throws {
    for (name, dtype) in Self.types {
      for file in dtype.size > 1 ? [name, name + "_big"] : [name] {
        let array = try Npy.read(Fixture.path("npy/\(file).npy"))
        #expect(array.dtype == dtype && array.shape == [2, 3])
        #expect(array.floats() == (dtype == .bool ? [0, 1, 1, 1, 1, 1] : [0, 1, 2, 3, 4, 5]))
      }
    }
  }

  @Test(arguments: ["fortran", "fortran_big", "version1", "version2", "version3", "nested/deep"])
  func `orders and versions read alike`(name: String) throws {
    let array = try Npy.read(Fixture.path("npy/\(name).npy"))
    #expect(array.shape == [2, 3, 4] && array.floats() == ramp)
  }

  @Test func `scalars and empty arrays keep their shape`() throws {
    #expect(try Npy.read(Fixture.path("npy/scalar.npy")).shape == [])
    #expect(try Npy.read(Fixture.path("npy/scalar.npy")).floats() == [2.5])
    #expect(try Npy.info(Fixture.path("npy/empty.npy")) == TensorInfo(dtype: .f32, shape: [0, 4]))
    #expect(try Npy.read(Fixture.path("npy/empty.npy")).floats() == [])
  }

  @Test(arguments: [
    ("object", "objects"), ("text", "strings"), ("complex", "complex"), ("date", "dates"), ("record", "records"),
  ])
  func `what is no array of numbers is refused by name`(name: String, word: String) {
    #expect(inputError { _ = try Npy.read(Fixture.path("npy_refused/\(name).npy")) }?.what.contains(word) == true)
  }

  @Test(arguments: [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807,), }",
    "{'descr': '<f4', 'fortran_order': True, 'shape': (4611686018427387904, 4611686018427387904, 0), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "{'descr': '<f4', 'shape': (1,), }", "{", "",
    "{'descr': '<f4', 'fortran_order': __import__('os'), 'shape': (1,), }",
  ])
  func `a header that lies is refused`(header: String) throws {
    try Fixture.inFolder { folder in
      var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8)
      bytes += [0, 0, 0, 0]
      try AtomicFile.write(bytes, to: "\(folder)/made.npy")
      #expect(inputError { _ = try Npy.read("\(folder)/made.npy") }?.place.contains("made.npy, byte") == true)
    }
  }

  @Test func `what is written reads back`() throws {
    try Fixture.inFolder { folder in
      for dtype in DType.allCases {
        let array = try Safetensors.open(Fixture.path("types.safetensors")).array(named: dtype.rawValue)
        try Npy.write(array, to: "\(folder)/a.npy")
        let read = try Npy.read("\(folder)/a.npy")
        #expect(
          read.dtype == (dtype == .bf16 ? .f32 : dtype) && read.shape == [2, 3] && read.floats() == array.floats())
        #expect(read.byteOffset % 64 == 0)
      }
      try Npy.write(HostArray(ramp, shape: [24]), to: "\(folder)/a.npy")
      #expect(try Npy.read("\(folder)/a.npy").shape == [24])
      #expect(try Fixture.names(in: folder) == ["a.npy"])
    }
  }

  @Test(arguments: ["stored", "deflated"])
  func `npz archives read`(name: String) throws {
    let file = try Npz(Fixture.path("\(name).npz"))
    #expect(Array(file.names.prefix(3)) == ["x", "y/z", "scalar"])
    #expect(try file.array(named: "x").floats() == ramp)
    #expect(try file.array(named: "y/z").integers() == [0, 1, 2, 3, 4, 5])
    #expect(try file.array(named: "scalar").doubles() == [0.5])
    if name == "deflated" { #expect(try file.array(named: "zeros").floats() == [Float](repeating: 0, count: 10000)) }
  }

  @Test func `data descriptors and zip64 fields are read`() throws {
    #expect(try Npz(Fixture.path("descriptors.npz")).array(named: "x").floats() == ramp)
  }

  @Test func `npz archives and folders that are written read back`() throws {
    try Fixture.inFolder { folder in
      let tensors = [("a.weight", HostArray(ramp, shape: [4, 6])), ("b", HostArray([Int64]([-1]), shape: []))]
      try Npz.write(HeldTensors(tensors), to: "\(folder)/out.npz")
      try NpyFolder.write(HeldTensors(tensors), to: "\(folder)/out")
      for file in [try TensorFile.open("\(folder)/out.npz"), try TensorFile.open("\(folder)/out")] {
        #expect(file.names == ["a.weight", "b"])
        #expect(try file.array(named: "a.weight").floats() == ramp)
        #expect(try file.info(named: "b") == TensorInfo(dtype: .i64, shape: []))
      }
      #expect(try Fixture.names(in: folder) == ["out", "out.npz"])
      #expect(inputError { try Npz.write(HeldTensors([tensors[0], tensors[0]]), to: "\(folder)/out.npz") } != nil)
      #expect(inputError { try NpyFolder.write(HeldTensors([("../b", tensors[0].1)]), to: "\(folder)/bad") } != nil)
      #expect(try Fixture.names(in: folder) == ["out", "out.npz"])
    }
  }

  @Test func `a folder names nested files with dots`() throws {
    let file = try TensorFile.open(Fixture.path("npy"))
    #expect(file.names.contains("nested.deep") && file.names.contains("f4"))
    #expect(try file.array(named: "nested.deep").floats() == ramp)
  }

  @Test func `files that end early are refused`() throws {
    for name in ["npy/fortran_big.npy", "npy/version3.npy", "stored.npz", "deflated.npz", "descriptors.npz"] {
      let refused = try cut(Fixture.bytes(name), at: 900) { path in
        for (_, array) in try TensorFile.open(path).arrays() { _ = array.floats() }
      }
      #expect(refused > 0.9, "\(name)")
    }
  }
}
