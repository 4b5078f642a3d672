import SubTrain
import Testing

@Suite struct DemonstrationTests {
  @Test func `a run is cut to what 18 trillion operations allow, and its rates with it`() throws {
    var loop = LoopSettings(totalSteps: 1200, stepsPerEpoch: 12, seed: 0)
    let short = try #require(Demonstration(operations: 150_000_000_000, samples: 16, of: loop))
    #expect(short.loop.totalSteps == 7 && short.loop.evaluateEvery == 0 && short.loop.saveEvery == 0)
    #expect((0..<7).map { short.place(of: $0) } == [0, 171, 342, 514, 685, 857, 1028])
    #expect(
      short.note.contains("7 updates of 16") && short.note.contains("about 84 s on two cores")
        && short.note.contains("1200 updates, would take about 4.0 h: --set max_steps=1200 asks for it"),
      "\(short.note)")
    loop.totalSteps = 7
    #expect(Demonstration(operations: 150_000_000_000, samples: 16, of: loop) == nil)
  }
}
