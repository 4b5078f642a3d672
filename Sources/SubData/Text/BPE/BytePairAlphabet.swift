/// The 256 byte symbols of byte-level BPE in their order of construction: the printable bytes 33-126, 161-172 and
/// 174-255 stand for themselves; the other 68, in increasing order, for U+0100 and upwards.
enum BytePairAlphabet {
  /// What ends a word's last symbol.
  static let wordEnd = "</w>"
  /// Bytes in vocabulary order.
  static let bytes: [UInt8] = printable + others
  /// Place in the vocabulary of every byte.
  static let index: [Int32] = {
    var index = [Int32](repeating: 0, count: 256)
    for (place, byte) in bytes.enumerated() { index[Int(byte)] = Int32(place) }
    return index
  }()
  /// Symbols in vocabulary order.
  static let symbols: [String] =
    printable.map { String(Unicode.Scalar($0)) }
    + others.indices.map { String(Unicode.Scalar(UInt32(0x100 + $0))!) }

  private static let printable: [UInt8] = Array(33...126) + Array(161...172) + Array(174...255)
  private static let others: [UInt8] = (0...255).filter { !printable.contains($0) }
}
