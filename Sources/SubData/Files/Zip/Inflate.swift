import CZlib
import SubCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Raw deflate data, inflated into memory that grows with what is really there.
enum Inflate {
  /// At most `limit` bytes of what `source` holds. Memory is taken in steps that double, never for a mere claim, so a
  /// short bomb costs at most `limit`, and a false `limit` nothing.
  static func buffer(_ source: UnsafeRawBufferPointer, limit: Int, place: String) throws -> HostBuffer {
    func failure(_ what: String) -> InputError {
      InputError(what, at: place, cure: "get the file again; it is damaged")
    }
    var stream = z_stream()
    guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw failure("zlib does not start")
    }
    defer { inflateEnd(&stream) }
    var capacity = min(limit, 1 << 16)
    guard var memory = malloc(max(capacity, 1)) else { throw failure("no memory") }
    var isKept = false
    defer { if !isKept { free(memory) } }
    var count = 0
    var consumed = 0
    while count < limit {
      if count == capacity {
        capacity = min(limit, capacity * 2)
        guard let larger = realloc(memory, capacity) else { throw failure("no memory for \(capacity) bytes") }
        memory = larger
      }
      // zlib counts in 32 bits: both sides are handed over in pieces.
      let input = min(source.count - consumed, 1 << 30)
      let output = min(capacity - count, 1 << 30)
      stream.next_in = source.baseAddress.map {
        UnsafeMutablePointer(mutating: $0.advanced(by: consumed).assumingMemoryBound(to: UInt8.self))
      }
      stream.avail_in = UInt32(input)
      stream.next_out = memory.advanced(by: count).assumingMemoryBound(to: UInt8.self)
      stream.avail_out = UInt32(output)
      let status = inflate(&stream, Z_NO_FLUSH)
      let taken = input - Int(stream.avail_in)
      let made = output - Int(stream.avail_out)
      consumed += taken
      count += made
      if status == Z_STREAM_END { break }
      guard status == Z_OK || status == Z_BUF_ERROR, taken > 0 || made > 0 else {
        throw failure(
          status == Z_OK || status == Z_BUF_ERROR
            ? "the compressed data end too early" : "the compressed data are damaged")
      }
    }
    isKept = true
    let (start, size) = (memory, count)
    return HostBuffer(borrowing: UnsafeRawBufferPointer(start: start, count: size)) { free(start) }
  }
}
