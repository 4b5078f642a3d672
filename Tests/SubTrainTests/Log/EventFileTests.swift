import SubData
import SubTrain
import TestSupport
import Testing

/// Event files, read back by hand. scripts/reference/event_file.py reads the same with TensorBoard itself.
@Suite struct EventFileTests {
  @Test func `the checksum is Castagnoli's`() {
    #expect(CRC32C.of(Array("123456789".utf8)[...]) == 0xe306_9283)
    // RFC 3720, B.4: 32 bytes of zeros.
    #expect(CRC32C.of([UInt8](repeating: 0, count: 32)[...]) == 0x8a91_36aa)
  }

  @Test func `a file holds its version, the restart and the scalars, each in a checked frame`() throws {
    let folder = TemporaryFolder()
    do {
      let file = try EventFile(in: folder["tensorboard"], resumedAt: 300)
      try file.append(step: 301, [("train/loss", 0.5), ("eval/accuracy", -2)])
      try file.append(step: 302, [])
    }
    let names = try FileSystem.names(in: folder["tensorboard"])
    #expect(names.count == 1 && names[0].hasPrefix("events.out.tfevents."))
    let messages = try frames(TemporaryFolder.bytes(folder["tensorboard/\(names[0])"]))
    #expect(messages.count == 3)
    // Field 1, wire type 1: the time; field 2, wire type 0: the step; then the content.
    #expect(messages.allSatisfy { $0[0] == 0x09 && $0[9] == 0x10 })
    #expect(messages[0][10] == 0 && Array(messages[0][11...]) == [0x1a, 13] + Array("brain.Event:2".utf8))
    #expect(Array(messages[1][10...]) == [0xad, 0x02, 0x3a, 2, 0x08, 1])
    let loss: [UInt8] = [0x0a, 17, 0x0a, 10] + Array("train/loss".utf8) + [0x15, 0, 0, 0, 0x3f]
    let accuracy: [UInt8] = [0x0a, 20, 0x0a, 13] + Array("eval/accuracy".utf8) + [0x15, 0, 0, 0, 0xc0]
    #expect(Array(messages[2][10...]) == [0xad, 0x02, 0x2a, UInt8(loss.count + accuracy.count)] + loss + accuracy)
  }

  /// The messages of a TFRecord file whose lengths and checksums are right.
  private func frames(_ bytes: [UInt8]) throws -> [[UInt8]] {
    func number(_ range: Range<Int>) -> UInt64 { bytes[range].reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    var (messages, index): ([[UInt8]], Int) = ([], 0)
    while index < bytes.count {
      let length = Int(number(index..<index + 8))
      try #require(number(index + 8..<index + 12) == UInt64(CRC32C.masked(bytes[index..<index + 8])))
      let message = bytes[index + 12..<index + 12 + length]
      try #require(number(message.endIndex..<message.endIndex + 4) == UInt64(CRC32C.masked(message)))
      messages.append(Array(message))
      index = message.endIndex + 4
    }
    return messages
  }
}
