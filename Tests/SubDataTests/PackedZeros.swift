import CZlib

/// A zip archive with an array of zeros that is far smaller than they are.
enum PackedZeros {
  /// `w.npy`, u8, deflated.
  static func npz(mebibytes: Int) -> [UInt8] {
    let count = mebibytes << 20
    var text = "{'descr': '|u1', 'fortran_order': False, 'shape': (\(count),), }"
    text += String(repeating: " ", count: 63 - (10 + text.utf8.count) % 64) + "\n"
    var plain: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0] + Array(text.utf8)
    let head = plain.count
    var (stream, packed) = (z_stream(), [UInt8]())
    var output = [UInt8](repeating: 0, count: 1 << 20)
    deflateInit2_(
      &stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    for piece in 0...mebibytes {  // the header, then a MiB at a time
      plain.withUnsafeMutableBufferPointer { input in
        (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
        repeat {
          output.withUnsafeMutableBufferPointer {
            (stream.next_out, stream.avail_out) = ($0.baseAddress, UInt32($0.count))
            _ = deflate(&stream, piece == mebibytes ? Z_FINISH : Z_NO_FLUSH)
          }
          packed += output.prefix(output.count - Int(stream.avail_out))
        } while stream.avail_out == 0
      }
      plain = [UInt8](repeating: 0, count: 1 << 20)
    }
    deflateEnd(&stream)
    func little(_ value: Int, _ bytes: Int) -> [UInt8] {
      (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let name = Array("w.npy".utf8)
    let common = little(20, 2) + little(0, 2) + little(8, 2) + little(0, 4) + little(0, 4)
    let sizes = little(packed.count, 4) + little(head + count, 4) + little(name.count, 2) + little(0, 2)
    let local = little(0x0403_4b50, 4) + common + sizes + name
    let entry = little(0x0201_4b50, 4) + little(20, 2) + common + sizes + little(0, 2) + little(0, 2) + little(0, 2)
    let directory = entry + little(0, 4) + little(0, 4) + name
    let end =
      little(0x0605_4b50, 4) + little(0, 4) + little(1, 2) + little(1, 2) + little(directory.count, 4)
      + little(local.count + packed.count, 4) + little(0, 2)
    return local + packed + directory + end
  }
}
