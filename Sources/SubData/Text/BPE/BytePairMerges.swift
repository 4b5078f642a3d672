internal import CZlib
import SubCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The list of merges that makes a byte-pair vocabulary: two symbols each, best first.
public struct BytePairMerges: Sendable, Equatable {
  /// One merge.
  public struct Merge: Sendable, Equatable {
    /// The symbols that become one; `</w>` ends a word.
    public let first: String, second: String

    /// A merge of two symbols.
    public init(_ first: String, _ second: String) {
      self.first = first
      self.second = second
    }
  }

  /// The merges, best first.
  public let merges: [Merge]

  /// CLIP's own count: 49,152 symbols without the 256 bytes, and two special ones.
  public static let clipCount = 48_894
  private static let mostBytes = 64 << 20

  /// Merges made here.
  public init(_ merges: [Merge]) { self.merges = merges }

  /// Reads a merges file: a header line, then `first second` per line; gzip or plain. Lines past `limit` are not used,
  /// as in CLIP, whose `bpe_simple_vocab_16e6.txt.gz` holds more than the vocabulary takes.
  public init(file path: String, limit: Int = BytePairMerges.clipCount) throws {
    var rest = try Self.read(path)[...]
    var merges: [Merge] = []
    // One line at a time: a packed file may hold millions of them, of which only so many are used.
    for number in 0... {
      guard merges.count < limit,
        let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? (rest.isEmpty ? nil : rest.endIndex)
      else { break }
      let line = rest[..<end].last == 0x0d ? rest[..<end].dropLast() : rest[..<end]
      rest = rest[end...].dropFirst()
      if number == 0 { continue }
      let symbols = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
      guard symbols.count == 2, symbols.allSatisfy({ !$0.isEmpty }),
        let first = String(validating: symbols[0], as: UTF8.self),
        let second = String(validating: symbols[1], as: UTF8.self)
      else {
        throw InputError(
          "a merge must be two symbols with a space between", at: "\(path), line \(number + 1)",
          cure: "give CLIP's bpe_simple_vocab_16e6.txt.gz, or a merges file in its form")
      }
      merges.append(Merge(first, second))
    }
    guard !merges.isEmpty else {
      throw InputError(
        "the file holds no merges", at: path,
        cure: "give CLIP's bpe_simple_vocab_16e6.txt.gz, or a merges file in its form")
    }
    self.merges = merges
  }

  /// The merges as the text of a merges file.
  public var fileText: String {
    "#version: 0.2\n" + merges.map { "\($0.first) \($0.second)\n" }.joined()
  }

  /// The file's bytes, decompressed where it is gzip.
  private static func read(_ path: String) throws -> [UInt8] {
    let (file, _) = try InputFile.unpacking(
      path, cure: "name an existing merges file; scripts/fetch-clip-vocabulary.sh gets CLIP's own")
    defer { gzclose_r(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = gzread(file, &chunk, UInt32(chunk.count))
      if count <= 0 { break }
      bytes += chunk[..<Int(count)]
      if bytes.count > mostBytes {
        throw InputError(
          "the merges file holds more than \(mostBytes >> 20) MiB", at: path,
          cure: "give CLIP's bpe_simple_vocab_16e6.txt.gz, or a merges file in its form")
      }
    }
    var code: Int32 = 0
    let message = gzerror(file, &code).map { String(cString: $0) } ?? ""
    guard code == Z_OK || code == Z_STREAM_END else {
      throw InputError(
        "cannot read the merges file: \(message)", at: path, cure: "the file is damaged or cut; fetch it again")
    }
    return bytes
  }
}
