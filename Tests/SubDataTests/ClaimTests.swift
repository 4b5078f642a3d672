import SubCore
import TestSupport
import Testing

@testable import SubData

/// Small input that claims much: memory follows what is there, and a stated limit.
@Suite struct ClaimTests {
  private let folder = TemporaryFolder()

  @Test func `what is allowed follows what is held, and never overflows`() {
    #expect(ClaimLimit.allowed(holding: 0) == 256 << 20)
    #expect(ClaimLimit.allowed(holding: 1 << 20) == 320 << 20)
    #expect(ClaimLimit.allowed(.model, holding: 0) == 8 << 30)
    #expect(ClaimLimit.allowed(holding: .max) == .max)
    let error = inputError { try ClaimLimit.check(1e300, holding: 5, "the claim is made", at: "a") }
    #expect(error?.what.hasPrefix("the claim is made") == true && error?.cure.contains("--max-claim") == true)
    #expect(inputError { try ClaimLimit.check(1e6, holding: 0, "", at: "") } == nil)
  }

  @Test(arguments: [Int64.max, 1 << 40, 1_048_575] as [Int64])
  func `the largest label is no size`(label: Int64) throws {
    let images = HostArray([UInt8](repeating: 9, count: 2 * 4), shape: [2, 2, 2], dtype: .u8)
    let error = inputError {
      _ = try ImageArrays(images: images, labels: HostArray([0, label], shape: [2]), place: "x.npy")
    }
    #expect(error?.what.contains("label \(label)") == true, "\(error?.description ?? "none")")
    let fine = try ImageArrays(images: images, labels: HostArray([Int64(0), 65_534], shape: [2]), place: "x.npy")
    #expect(fine.classNames.count == 65_535)
  }

  @Test func `pictures of an array file are read as they are asked for`() throws {
    let bytes = (0..<3 * 2 * 2 * 3).map { UInt8($0) }
    try Npy.write(HostArray(bytes, shape: [3, 2, 2, 3], dtype: .u8), to: folder["x.npy"])
    let labels = HostArray([Int64(0), 1, 2], shape: [3])
    let source = try ImageArrays(npy: folder["x.npy"], labels: labels)
    guard case .pixels(let picture) = try source.image(at: 2) else {
      Issue.record("no pixels")
      return
    }
    var pixels: [UInt8] = []
    picture.withPixels { pixels = Array(UnsafeBufferPointer(start: $0, count: 12)) }
    #expect(picture.width == 2 && pixels == Array(bytes[24...]))
    try AtomicFile.write("cut", to: folder["x.npy"])
    #expect(inputError { _ = try source.image(at: 0) } != nil)
  }

  /// A list of lists, each of which holds the one before: shared, so none is deep when it is first met.
  @Test func `chains of shared objects exhaust no stack`() throws {
    var pickle: [UInt8] = [0x80, 2, UInt8(ascii: "(")]
    func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    for link in 0..<200_000 {
      pickle += [UInt8(ascii: "]"), UInt8(ascii: "r")] + number(link)
      if link > 0 { pickle += [UInt8(ascii: "j")] + number(link - 1) + [UInt8(ascii: "a")] }
    }
    pickle += [UInt8(ascii: "l"), UInt8(ascii: ".")]
    try AtomicFile.write(pickle, to: folder["chain.pkl"])
    guard case .list(let links) = try PickleFile.read(folder["chain.pkl"]) else {
      Issue.record("no list")
      return
    }
    #expect(links.count == 200_000)
    var (depth, value) = (0, links[199_999])
    while case .list(let inner) = value, let first = inner.first { (depth, value) = (depth + 1, first) }
    #expect(depth <= 101)
  }

  @Test func `an animation's canvas is claimed and not held`() throws {
    // RIFF, VP8X with the animation flag and a canvas of 4096 by 8192, a header of frames without any.
    var bytes = Array("RIFF".utf8)
    bytes += [36, 0, 0, 0]
    bytes += "WEBPVP8X".utf8
    bytes += [10, 0, 0, 0, 2, 0, 0, 0, 0xff, 0x0f, 0, 0xff, 0x1f, 0]
    bytes += "ANIM".utf8
    bytes += [6, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    let error = inputError {
      _ = try ImageDecoder(HostArray(bytes, shape: [bytes.count], dtype: .u8), name: "x.webp")
    }
    #expect(error?.what.contains("4096x8192") == true, "\(error?.description ?? "none")")
  }

  @Test func `packed members of a thousand times the size are refused`() throws {
    // 300 MiB of zeros in a deflated entry, as many bytes as `Inflate` is told, in 300 KB.
    let zip = folder["zeros.npz"]
    try PackedZeros.npz(mebibytes: 300).withUnsafeBytes { bytes in
      try AtomicFile.write(to: zip) { try $0.write(bytes) }
    }
    let error = inputError { _ = try TensorFile.open(zip) }
    #expect(error?.what.contains("to be unpacked") == true, "\(error?.description ?? "none")")
  }

  @Test func `merges are read a line at a time`() throws {
    let path = folder["merges.txt"]
    try AtomicFile.write("#version\na b\n" + String(repeating: "\n", count: 1000), to: path)
    #expect(inputError { _ = try BytePairMerges(file: path) }?.place == "\(path), line 3")
    #expect(try BytePairMerges(file: path, limit: 1).merges == [.init("a", "b")])
    try AtomicFile.write("#version\na b\nc d", to: path)
    #expect(try BytePairMerges(file: path).merges.count == 2)
  }
}
