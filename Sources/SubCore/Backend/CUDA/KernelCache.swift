#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A compiled unit on disk, in the user's cache folder, under a name that follows from all that it was made of.
struct KernelCache {
  /// Nil where the user has no folder for it: what others can write is not loaded.
  private let place: (folder: String, file: String)?

  /// `contents`: everything that the image depends on.
  init(_ contents: [String], name: String) {
    // Two hashes (FNV-1a) with different starts: 128 bits.
    var (first, second) = (UInt64(0xcbf2_9ce4_8422_2325), UInt64(0x9ae1_6a3b_2f90_404f))
    for byte in contents.joined(separator: "\u{0}").utf8 {
      first = (first ^ UInt64(byte)) &* 0x100_0000_01b3
      second = (second &+ UInt64(byte)) &* 0x9e37_79b9_7f4a_7c15
      second ^= second >> 29
    }
    let homes = [Environment.value("XDG_CACHE_HOME"), Environment.value("HOME").map { $0 + "/.cache" }]
    let own = "\(name)-\(String(first, radix: 16))\(String(second, radix: 16)).cubin"
    place = homes.compactMap { $0 }.first { $0.hasPrefix("/") }.map { home in
      (home + "/masksub/kernels", "\(home)/masksub/kernels/\(own)")
    }
  }

  /// What lies there, if it is whole: its last eight bytes say how many there are before.
  func read() -> [UInt8]? {
    guard let place, let stream = fopen(place.file, "rb") else { return nil }
    defer { fclose(stream) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&block, 1, block.count, stream)
      guard count > 0 else { break }
      bytes += block[0..<count]
    }
    let body = bytes.dropLast(8)
    let count = bytes.suffix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return bytes.count > 8 && UInt64(body.count) == count ? Array(body) : nil
  }

  /// Keeps an image. A cache that cannot be written costs time at the next start and nothing else.
  func write(_ image: [UInt8]) {
    guard let place else { return }
    var path = ""
    for part in place.folder.split(separator: "/") {
      path += "/" + part
      mkdir(path, 0o755)
    }
    let draft = "\(place.file).\(getpid())"
    guard let stream = fopen(draft, "wb") else { return }
    let end = (0..<8).map { UInt8(truncatingIfNeeded: image.count >> (8 * $0)) }
    let isWhole = fwrite(image, 1, image.count, stream) == image.count && fwrite(end, 1, 8, stream) == 8
    if fclose(stream) == 0 && isWhole { rename(draft, place.file) } else { unlink(draft) }
  }
}
