import CZlib

/// CRC-32, as zip archives and the manifests of checkpoints hold it.
package enum Checksum {
  /// The checksum of bytes of any length, behind others whose checksum is `start`.
  package static func crc32(_ bytes: UnsafeRawBufferPointer, _ start: UInt32 = 0) -> UInt32 {
    guard let base = bytes.baseAddress else { return start }
    return UInt32(truncatingIfNeeded: crc32_z(UInt(start), base.assumingMemoryBound(to: UInt8.self), bytes.count))
  }
}
