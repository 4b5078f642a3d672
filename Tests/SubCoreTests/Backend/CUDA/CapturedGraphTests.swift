import Foundation
import TestSupport
import Testing

@testable import SubCore

/// Captured pieces of work, on the twin of a device.
@Suite(.enabled(if: CudaTwin.path != nil, "libCudaTwin.so was not built"))
struct CapturedGraphTests {
  /// Copies of the elements of x, one a command, into y.
  private final class Work {
    let x, y: Tensor
    let commands: CommandList
    private let device: CUDADevice

    init(_ values: [Float], on place: Device) throws {
      device = try #require(place.cuda)
      (x, y) = (
        Tensor(values.map(Double.init), [values.count], on: place), Tensor([values.count], filledWith: 0, on: place)
      )
      var commands = CommandList()
      for index in values.indices {
        let offset = CUDADriver.Address(4 * index)
        commands.addCopy(from: x.deviceAddress + offset, to: y.deviceAddress + offset, byteCount: 4)
      }
      self.commands = commands
    }

    /// How many commands had to be handed over one by one, and what is in y then. `failing`: all that are captured fail.
    func send(_ graphs: CUDAGraphs, failing: Bool = false) -> (count: Int, values: [Float]) {
      y.write(HostArray([Float](repeating: 0, count: y.count), shape: [y.count]))
      device.synchronize()
      var count = 0
      device.queue.exclusively {
        graphs.send(commands) { command in
          guard case .copy(let from, let to, let byteCount) = command else { return "no copy" }
          count += 1
          if failing && count == 1 { return "refused" }
          return device.driver.failure(device.driver.copyOnDevice(to, from, byteCount, device.stream), "a copy")
        }
      }
      return (count, y.floats())
    }
  }

  private func graphs(_ place: Device, capacity: Int = 256, makeRoom: @escaping () -> Void = {}) throws -> CUDAGraphs {
    let device = try #require(place.cuda)
    return CUDAGraphs(device.driver, device.stream, areWanted: true, capacity: capacity, makeRoom: makeRoom)
  }

  /// A device of one test alone: what others ask of its queue would end pieces.
  private func device(_ test: String = #function) -> Device {
    Device(DeviceKind(name: "cuda \(test)", open: { CUDABackend(ordinal: $0) }))
  }

  @Test func `what comes again is captured, and then one call`() throws {
    let place = device()
    let graphs = try graphs(place)
    let values = (1...20).map(Float.init)
    let work = try Work(values, on: place)
    // Enqueued, captured, and from then on played.
    for count in [20, 20, 0, 0] {
      let sent = work.send(graphs)
      #expect(sent.count == count && sent.values == values)
    }
    #expect(graphs.captured.commands == 80 && graphs.captured.inGraphs == 60)
    // Other numbers in the same memory are the same commands; too few commands are none that count.
    work.x.write(HostArray(values.map { -$0 }, shape: [20]))
    #expect(work.send(graphs).values == values.map { -$0 })
    let few = try Work([1, 2, 3], on: place)
    for _ in 0..<4 { #expect(few.send(graphs).count == 3) }
  }

  @Test func `a graph that is used lives, and makes room when it is not`() throws {
    let place = device()
    let graphs = try graphs(place, capacity: 2)
    let works = try (0..<3).map { number in try Work((0..<16).map { Float(100 * number + $0) }, on: place) }
    for work in works.prefix(2) { for count in [16, 16, 0] { #expect(work.send(graphs).count == count) } }
    // There is no room for a third while both are used in turn.
    for _ in 0..<4 {
      #expect(works.map { $0.send(graphs).count } == [0, 0, 16])
    }
    // The first is not any more.
    var counts: [Int] = []
    for _ in 0..<12 { counts += [works[1].send(graphs).count, works[2].send(graphs).count] }
    #expect(counts.last == 0 && counts.contains(16))
    #expect(works[0].send(graphs).count == 16)
    for (number, work) in works.enumerated() { #expect(work.send(graphs).values.first == Float(100 * number)) }
  }

  @Test func `what cannot be captured is enqueued one by one from then on`() throws {
    let place = device()
    let graphs = try graphs(place)
    let values = (1...17).map(Float.init)
    let work = try Work(values, on: place)
    #expect(work.send(graphs).count == 17)
    // The one that failed, and all of them.
    let second = work.send(graphs, failing: true)
    #expect(second.count == 18 && second.values == values && graphs.captured.obstacle == "refused")
    #expect(work.send(graphs).count == 17 && graphs.captured.inGraphs == 0)
  }

  /// The pool's free blocks may still be used by the very commands that a graph found no memory for.
  @Test(arguments: [(1, 0), (0, 1)])
  func `what a device has no memory for is enqueued before room is made, and tried once more`(
    instantiations: Int, launches: Int
  ) throws {
    let place = device()
    let twin = try #require(CudaTwin.shared)
    let values = (1...18).map(Float.init)
    let work = try Work(values, on: place)
    var found: [[Float]] = []
    let graphs = try graphs(place) { found.append(work.y.floats()) }
    #expect(work.send(graphs).count == 18)
    twin.denyGraphs(instantiations: instantiations, launches: launches)
    // Captured, and then one by one.
    #expect(work.send(graphs).count == 36)
    #expect(found == [values])
    // There is memory now.
    #expect(work.send(graphs).count == 18 && work.send(graphs).count == 0 && graphs.captured.inGraphs == 36)
    #expect(found.count == 1 && graphs.captured.obstacle == nil)
    // A piece that finds none twice is left alone, and no room is made for it again.
    let other = try Work(values, on: place)
    #expect(other.send(graphs).count == 18)
    twin.denyGraphs(instantiations: 2 * instantiations, launches: 2 * launches)
    for count in [36, 36, 18, 18] { #expect(other.send(graphs).count == count) }
    #expect(found.count == 2 && graphs.captured.obstacle == nil)
    twin.denyGraphs()
  }

  /// A device that waits begins early; later pieces are long enough for graphs.
  @Test func `the pieces that a step begins with are small`() throws {
    let place = device()
    let queue = try #require(place.cuda).queue!
    let x = Tensor([1], filledWith: 0, on: place)
    for _ in 0..<2 {
      queue.submit()
      let before = queue.captured.commands
      let sent = withUnsafeBytes(of: Float(1)) { bytes in
        (1...800).map { _ in
          queue.upload(bytes, to: x.deviceAddress)
          return queue.captured.commands - before
        }
      }
      let grew = zip([0] + sent, sent).map { $1 - $0 }.filter { $0 > 0 }
      #expect(grew == [32, 64, 128, 256, 256])
    }
  }

  @Test func `bytes between the members of a struct are nobody's`() {
    // A pointer behind a number of four bytes, and a number of four bytes at the end.
    #expect(ArgumentGaps.of(group()) == [20..<24])
    #expect(ArgumentGaps.of(flock()) == [4..<8, 28..<32])
    #expect(ArgumentGaps.of(timespec()).isEmpty)
    func commands(_ byte: UInt8) -> CommandList {
      var (record, commands) = (flock(), CommandList())
      withUnsafeMutableBytes(of: &record) { $0[5] = byte }
      commands.addKernel(
        nil, blocks: (1, 2, 3), threads: 32, shared: 0, record, gaps: ArgumentGaps.of(record))
      return commands
    }
    let one = commands(1)
    var other = commands(2)
    #expect(one.words == other.words && one.fingerprint == other.fingerprint)
    other.addCopy(from: 1, to: 2, byteCount: 3)
    #expect(one.words != other.words && one.fingerprint != other.fingerprint)
  }
}
