/// Archives for tests.
public enum TarArchive {
  /// A ustar archive of files.
  public static func bytes(_ members: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    func octal(_ number: Int, _ digits: Int) -> [UInt8] {
      let text = String(number, radix: 8)
      return Array((String(repeating: "0", count: digits - text.count) + text).utf8)
    }
    var archive: [UInt8] = []
    for (name, bytes) in members {
      var header = [UInt8](repeating: 0, count: 512)
      func put(_ text: [UInt8], _ offset: Int) { header.replaceSubrange(offset..<(offset + text.count), with: text) }
      put(Array(name.utf8), 0)
      put(octal(0o644, 7), 100)
      put(octal(bytes.count, 11), 124)
      put(Array("        ".utf8), 148)
      put(Array("0".utf8), 156)
      put(Array("ustar\u{0}00".utf8), 257)
      put(octal(header.reduce(0) { $0 + Int($1) }, 6) + [0], 148)
      archive += header + bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
    }
    return archive + [UInt8](repeating: 0, count: 1024)
  }
}
