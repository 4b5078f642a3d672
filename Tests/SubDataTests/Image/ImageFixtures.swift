import Foundation
import SubCore
import SubData

/// The files that scripts/reference/image_*.py made.
enum ImageFixtures {
  static func data(_ name: String) throws -> Data {
    try Data(contentsOf: Bundle.module.resourceURL!.appendingPathComponent("Fixtures/image/\(name)"))
  }

  static func bytes(_ name: String) throws -> HostArray { array([UInt8](try data(name))) }

  static func array(_ bytes: [UInt8]) -> HostArray { HostArray(bytes, shape: [bytes.count], dtype: .u8) }

  static func decode<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
    try JSONDecoder().decode(type, from: data(name))
  }

  static func checksums(_ name: String) throws -> [UInt32] {
    let bytes = [UInt8](try data(name))
    return stride(from: 0, to: bytes.count, by: 4).map { at in
      (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
    }
  }

  /// The three pictures of image_ops.py.
  static func pictures() throws -> [RGBImage] {
    let bytes = [UInt8](try data("inputs.bin"))
    var start = 0
    return [(17, 13), (32, 32), (64, 48)].map { width, height in
      defer { start += width * height * 3 }
      return RGBImage(width: width, height: height, pixels: Array(bytes[start..<(start + width * height * 3)]))
    }
  }

  /// A smooth colourful picture for tests that need no reference.
  static func gradient(_ width: Int, _ height: Int, seed: Int = 0) -> RGBImage {
    let key = RandomKey(seed: seed)
    let pixels: [UInt8] = (0..<(width * height * 3)).map { index in
      let shade: Int = (index / 3 % width) * 3 + (index % 3) * 40
      return UInt8((shade + key.integer(below: 60, at: index)) % 256)
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  static func write(_ bytes: [UInt8], _ path: String) throws {
    let url = URL(fileURLWithPath: path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }
}

extension RGBImage {
  /// The CRC-32 of the pixels, as Python's `zlib.crc32`.
  var crc: UInt32 { pixels.crc }
}

extension [UInt8] {
  var crc: UInt32 {
    var sum = ~UInt32(0)
    for byte in self {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xedb8_8320 : sum >> 1 }
    }
    return ~sum
  }
}

extension [Float] {
  /// The CRC-32 of their bytes.
  var crc: UInt32 { withUnsafeBytes { [UInt8]($0) }.crc }
}
