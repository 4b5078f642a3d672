import SubCore
import SubData
import SubTrain
import TestSupport
import Testing

@testable import SubTool

@Suite struct RunRecordTests {
  private let runs = RunFiles()

  private func curve(_ log: String) throws -> [PlotPoint] {
    try RunRecord(runs.write("run", log: log)).curve("top1", of: .eval)
  }

  @Test func `a log is read line by line, whatever ends them, but for one that is being written`() throws {
    let lines = [#"{"step":1,"split":"eval","top1":0.5}"#, #"{"step":2,"split":"eval","top1":null,"lr":1}"#]
    for end in ["\n", "\r\n"] {
      let log = (lines + [#"{"step":3,"split":"eval","top1":1}"#, #"{"step":4,"#]).joined(separator: end)
      #expect(try curve(log) == [PlotPoint(1, 0.5), PlotPoint(3, 1)])
    }
    let record = try RunRecord(runs.write("run", log: lines.joined(separator: "\n") + "\n"))
    #expect(record.step == 2 && record.metrics == ["top1"])
    var rows: [[Double?]] = []
    record.log.forEach(["lr", "none", "top1"]) { step, split, values in
      #expect(split == "eval" && step == rows.count + 1)
      rows.append(values)
    }
    #expect(rows == [[nil, nil, 0.5], [1, nil, nil]])
  }

  @Test(arguments: [
    #"{"step":9223372036854775807,"split":"eval"}"#, #"{"step":-1,"split":"eval"}"#, #"{"step":1.5,"split":"eval"}"#,
    #"{"step":1e300,"split":"eval"}"#, #"{"split":"eval"}"#, #"{"step":1}"#, "[1]", "", #"{"step":1,"#,
  ]) func `a damaged line is told with its place`(_ line: String) throws {
    let log = "{\"step\":1,\"split\":\"eval\",\"top1\":1}\n\(line)\n"
    let error = try #require(throws: InputError.self) { _ = try curve(log) }
    #expect(error.place.contains("/run/metrics.jsonl, line 2"), "\(error)")
  }

  @Test func `a log of which nothing can be drawn is told apart from one that has not begun`() throws {
    let run = try runs.write("run", log: #"{"step":1,"split":"eval","top1":1e308}"# + "\n")
    #expect(ToolRun("plot", run).error.contains("the log has no numbers that can be drawn"))
    try runs.write("run")
    #expect(ToolRun("plot", run).error.contains("nothing is logged yet"))
  }

  @Test func `letters that a picture lacks are told`() throws {
    let log = RunFiles.log([(1, 0.5), (2, 0.6)])
    for (name, isTold) in [("latin", false), ("кириллица", true)] {
      let plot = try ToolRun("plot", "--together", "--output", runs.path, runs.write(name, log: log))
      #expect(plot.code == 0 && plot.error.contains("together.svg has them") == isTold, "\(plot.error)")
    }
  }
}
