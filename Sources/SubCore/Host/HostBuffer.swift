#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Bytes on the host.
///
/// `@unchecked Sendable`: a buffer is written only by the one who makes it, inside `init(byteCount:fill:)`, before
/// anybody else can see it; afterwards it is read only.
public final class HostBuffer: @unchecked Sendable {
  /// The bytes; they live as long as the buffer.
  public let bytes: UnsafeRawBufferPointer
  private let release: () -> Void

  /// Owned memory of `byteCount` zero bytes that `fill` may write, 64-byte aligned.
  public convenience init<Failure: Error>(
    byteCount: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    try self.init(unfilled: byteCount) { memory throws(Failure) in
      if byteCount > 0 { memset(memory.baseAddress!, 0, byteCount) }
      try fill(memory)
    }
  }

  /// Owned memory of which `fill` writes every byte, 64-byte aligned.
  package init<Failure: Error>(
    unfilled byteCount: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(byteCount >= 0, "HostBuffer: negative size \(byteCount)")
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
    do { try fill(memory) } catch {
      memory.deallocate()
      throw error
    }
    bytes = UnsafeRawBufferPointer(memory)
    release = { memory.deallocate() }
  }

  /// Bytes that somebody else owns; `release` runs when the buffer goes.
  package init(borrowing bytes: UnsafeRawBufferPointer, release: @escaping () -> Void) {
    self.bytes = bytes
    self.release = release
  }

  deinit { release() }
}
