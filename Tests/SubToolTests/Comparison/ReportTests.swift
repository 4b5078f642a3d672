import SubData
import TestSupport
import Testing

@testable import SubTool

/// What a comparison says of runs that are not alike.
@Suite struct ReportTests {
  private let runs = RunFiles()

  private func write(_ method: String, _ metrics: [(seed: Int, top1: JSON)]) throws {
    for (seed, top1) in metrics { try runs.write("\(method)-s\(seed)", method, seed: seed, top1: top1) }
  }

  @Test func `a run that ended without a number is told, and its group is not called the best`() throws {
    try write("baseline", [(1, 0.8), (2, 0.79), (3, 0.81)])
    try write("masksub", [(1, 0.9), (2, .null), (3, 0.91)])
    let comparison = try runs.comparison()
    let lines = ComparisonTable(comparison).lines
    #expect(lines[2].hasPrefix("masksub (2 of 3 seeds; 1 not a number)  0.9050"), "\(lines)")
    #expect(ComparisonTable.notes(comparison)[0].contains("over the seeds, n = 2 or 3, of"))
    let page = try runs.page()
    #expect(
      page.contains(
        "No mean top1 is above that of baseline, 0.8000. masksub is left out: 1 of its 3 runs ended with no number."))
  }

  @Test func `means of the same seeds are compared`() throws {
    try write("baseline", [(1, 0.5), (2, 0.6), (3, 0.7)])
    try write("masksub", [(3, 0.65)])
    #expect(try runs.page().contains("No mean top1 is above that of baseline, 0.7000 over 1 seed that all have."))
    try write("masksub", [(2, 0.7)])
    #expect(
      try runs.page().contains(
        "The best mean top1 is that of masksub, 0.6750: 0.0250 more than baseline over 2 seeds that all have"))
  }

  @Test func `a difference below that of a reference without all its numbers is less`() throws {
    try write("baseline", [(1, 0.9), (2, .null)])
    try write("masksub", [(1, 0.7), (2, 0.8)])
    #expect(
      try runs.page().contains(
        "The best mean top1 is that of masksub, 0.7500: 0.2000 less than baseline over 1 seed that both have"))
  }

  @Test(arguments: ["mse", "image_to_text_mean_rank"]) func `of errors and ranks the least mean is the best`(
    _ metric: String
  ) throws {
    let runs = RunFiles(metric: metric)
    try runs.write("baseline-s1", "baseline", top1: 0.5)
    try runs.write("masksub-s1", "masksub", top1: 0.4)
    let best = "The best mean \(metric) is that of masksub, 0.4000: 0.1000 less than baseline over 1 seed"
    #expect(try runs.page().contains(best))
    try runs.write("masksub-s1", "masksub", top1: 0.6)
    #expect(try runs.page().contains("No mean \(metric) is below that of baseline, 0.5000."))
  }

  @Test func `a mean goes on where some runs have ended, and lies between their points where steps differ`() throws {
    try runs.write("a", seed: 1, log: RunFiles.log([(10, 1), (20, 2), (30, 3), (40, 4)]))
    try runs.write("b", seed: 2, log: RunFiles.log([(10, 3), (30, 5)]))
    let comparison = try runs.comparison()
    let series = try #require(comparison.figure.panels.first?.series.first)
    #expect(series.points == [PlotPoint(10, 2), PlotPoint(20, 3), PlotPoint(30, 4), PlotPoint(40, 4)])
    #expect(series.deviations.count == 4 && series.deviations[3] == 0 && series.deviations[1] > 1.4)
    #expect(ComparisonTable.notes(comparison).last == "baseline: the curves of seed 2 end at step 30")
    // Curves at no common step are drawn, too.
    try runs.write("b", seed: 2, log: RunFiles.log([(15, 3), (25, 5)]))
    #expect(try runs.comparison().figure.panels.first?.series.first?.points.count == 6)
  }

  @Test func `of paths labels have the ends where these differ`() throws {
    try runs.write("a", "masksub", from: "models/beit.pth")
    try runs.write("b", "masksub", from: "models/mae.pth")
    #expect(try runs.comparison().groups.map(\.label) == ["masksub from beit.pth", "masksub from mae.pth"])
    try runs.write("c", "masksub", from: "other/mae.pth")
    #expect(try runs.comparison().groups.map(\.label).last == "masksub from other/mae.pth")
  }
}
