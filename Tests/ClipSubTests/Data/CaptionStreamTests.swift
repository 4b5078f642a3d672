import ClipSub
import Foundation
import SubCore
import TestSupport
import Testing

struct CaptionStreamTests {
  private let folder = TemporaryFolder()

  private static func captions(_ stream: inout CaptionStream, _ count: Int) throws -> [String] {
    try (0..<count).compactMap { _ in try stream.next()?.caption }
  }

  private static func saved(_ position: CaptionPosition) throws -> CaptionPosition {
    try JSONDecoder().decode(CaptionPosition.self, from: JSONEncoder().encode(position))
  }

  @Test func `an epoch has every pair once, every epoch in another order`() throws {
    try CaptionFiles.shards(7, each: 30, in: folder.path)
    let set = try CaptionSet(folder["{000..006}.tar"])
    let order = CaptionOrder(seed: 1, buffer: 50, initial: 20)
    var stream = try CaptionStream(set, order: order)
    let first = try Self.captions(&stream, 210)
    let second = try Self.captions(&stream, 210)
    #expect(Set(first).count == 210 && Set(second) == Set(first) && first != second && first != first.sorted())
    #expect(stream.position.epoch == 1 && stream.position.delivered == 420)
    var again = try CaptionStream(set, order: order)
    #expect(try Self.captions(&again, 420) == first + second)
    var other = try CaptionStream(set, order: CaptionOrder(seed: 2, buffer: 50, initial: 20))
    #expect(try Self.captions(&other, 210) != first)
    // The buffer mixes shards: a pair may leave long after its shard was read, and the first 20 span several places.
    #expect(first.prefix(60) != first.prefix(60).sorted()[...])
  }

  @Test(arguments: [false, true]) func `a resumed stream continues with the very next pair`(resamples: Bool) throws {
    try CaptionFiles.shards(5, each: 17, in: folder.path)
    let options = CaptionOptions(weights: resamples ? [3, 1] : [])
    let set = try CaptionSet(folder["{000..003}.tar"] + "::" + folder["004.tar"], options: options)
    let order = CaptionOrder(seed: 9, resamples: resamples, buffer: 23, initial: 10)
    var whole = try CaptionStream(set, order: order)
    let all = try Self.captions(&whole, 300)
    for stop in [0, 1, 5, 16, 17, 40, 84, 85, 86, 169, 170, 255] {
      var stream = try CaptionStream(set, order: order)
      _ = try Self.captions(&stream, stop)
      var resumed = try CaptionStream(set, order: order, from: Self.saved(stream.position))
      #expect(try Self.captions(&resumed, 300 - stop) == all[stop...].map { $0 }, "stopped after \(stop)")
    }
    if resamples {
      // Four shards of weight 3 and one of weight 1: the last has one draw in 13.
      var long = try CaptionStream(set, order: order)
      let rare = try Self.captions(&long, 6000).count { $0.hasPrefix("caption 04") }
      #expect(rare > 250 && rare < 700)
    }
  }

  @Test func `evaluation takes everything once, as it lies`() throws {
    try CaptionFiles.shards(2, each: 5, in: folder.path)
    var stream = try CaptionStream(CaptionSet(folder.path), order: .evaluation)
    #expect(
      try Self.captions(&stream, 20)
        == [0, 1].flatMap { s in (0..<5).map { String(format: "caption %02d%03d", s, $0) } })
    #expect(try stream.next() == nil)
  }

  @Test func `tables and folders are permuted as a whole, and resume`() throws {
    for index in 0..<40 {
      try CaptionFiles.write([1], folder["sub\(index % 3)/\(index).JPG"])
      try CaptionFiles.write("caption \(index)".utf8, folder["sub\(index % 3)/\(index).txt"])
    }
    let rows = (0..<40).map { "\(folder["sub\($0 % 3)/\($0).JPG"])\tcaption \($0)\n" }.joined()
    let table = try CaptionFiles.write("filepath\ttitle\n\(rows)".utf8, folder["table.csv"])
    for source in [folder.path, table] {
      let set = try CaptionSet(source)
      #expect(set.count == 40)
      var stream = try CaptionStream(set, order: CaptionOrder(seed: 4))
      let all = try Self.captions(&stream, 100)
      #expect(Set(all[..<40]).count == 40 && Set(all[40..<80]) == Set(all[..<40]) && all[..<40] != all[40..<80])
      for stop in [3, 40, 63] {
        var part = try CaptionStream(set, order: CaptionOrder(seed: 4))
        _ = try Self.captions(&part, stop)
        var resumed = try CaptionStream(set, order: CaptionOrder(seed: 4), from: Self.saved(part.position))
        #expect(try Self.captions(&resumed, 100 - stop) == Array(all[stop...]))
      }
    }
  }

  @Test func `a position of other data is refused`() throws {
    try CaptionFiles.shards(2, each: 5, in: folder.path)
    let set = try CaptionSet(folder.path)
    var position = CaptionPosition()
    for (shard, buffer) in [(3, []), (1, [0, 5]), (0, [1, 0]), (-1, []), (1, [0])] {
      position.shard = shard
      position.buffer = buffer
      #expect(throws: InputError.self) { try CaptionStream(set, order: CaptionOrder(seed: 0), from: position) }
    }
    #expect(throws: InputError.self) {
      try CaptionStream(
        set, order: CaptionOrder(seed: 0),
        from: {
          var position = CaptionPosition()
          position.epoch = -1
          return position
        }())
    }
  }
}
