/// Archives for tests.
public enum TarArchive {
  /// A ustar archive of files.
  public static func bytes(_ members: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    members.flatMap { member($0.name.utf8, $0.bytes) } + end
  }

  /// A member of an archive: a file, or what `kind` makes of it, a link to `target` for one.
  public static func member(
    _ name: some Sequence<UInt8>, _ bytes: [UInt8] = [], kind: Character = "0", target: String = ""
  ) -> [UInt8] {
    func octal(_ number: Int, _ digits: Int) -> [UInt8] {
      let text = String(number, radix: 8)
      return Array((String(repeating: "0", count: digits - text.count) + text).utf8)
    }
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: [UInt8], _ offset: Int) { header.replaceSubrange(offset..<(offset + text.count), with: text) }
    put(Array(name), 0)
    put(octal(0o644, 7), 100)
    put(octal(bytes.count, 11), 124)
    put(Array("        ".utf8), 148)
    put(Array(String(kind).utf8), 156)
    put(Array(target.utf8), 157)
    put(Array("ustar\u{0}00".utf8), 257)
    put(octal(header.reduce(0) { $0 + Int($1) }, 6) + [0], 148)
    return header + bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
  }

  /// What stands behind the members.
  public static let end = [UInt8](repeating: 0, count: 1024)
}
