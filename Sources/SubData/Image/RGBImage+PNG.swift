internal import CSubImage
internal import SubCore

extension RGBImage {
  /// The picture as the bytes of an 8-bit RGB PNG file. Throws `InputError` when memory is short.
  public func pngData() throws -> [UInt8] {
    var memory: UnsafeMutablePointer<UInt8>?
    var count = 0
    var message = csi_message()
    let done = storage.withUnsafeBufferPointer {
      csi_png_encode($0.baseAddress, Int32(width), Int32(height), &memory, &count, &message)
    }
    guard done, let memory else {
      throw InputError("no PNG could be made of \(width)x\(height) pixels", at: "", cure: "free some memory")
    }
    defer { csi_free(memory) }
    return Array(UnsafeBufferPointer(start: memory, count: count))
  }
}
