import Testing

@testable import SubTool

@Suite struct OptionTests {
  static let commands: [any Command.Type] = [PaintCommand.self, TwiceCommand.self, FailCommand.self]

  static func paint(_ arguments: String...) -> ToolRun {
    ToolRun(arguments: ["paint"] + arguments, commands: commands)
  }

  @Test func `options in both spellings, repeated, in groups and among arguments`() {
    let run = Self.paint(
      "kitchen", "--colour", "red", "--seed=-7", "--set", "gloss=2", "hall", "--set=a=b=c", "--dry", "--thickness",
      "1e-1", "--coats", "3", "--a-very-long-option-name", "/tmp/x y", "--", "--odd")
    #expect(
      run.output
        == "red seed=-7 true [\"gloss:2\", \"a:b=c\"] /tmp/x y true 0.1 3 kitchen [\"hall\", \"--odd\"]\n")
    #expect(run.code == 0 && run.error == "")
  }

  @Test func `defaults`() {
    let run = Self.paint("--colour=blue", "w")
    #expect(run.output == "blue seed=42 false [] - false 0.5 -1 w []\n")
  }

  @Test(arguments: [
    (["w"], "--colour red|green|blue is missing"),
    (["--colour", "red"], "WALL is missing"),
    (
      ["--colour", "rde", "w"],
      "--colour cannot be 'rde' (masksub paint): did you mean 'red'?"
    ),
    (["--colour", "red", "--colour", "red", "w"], "--colour is given twice"),
    (["--color", "red", "w"], "there is no option --color (masksub paint): did you mean '--colour'?"),
    (["--colour"], "--colour has no value (masksub paint): write --colour=red|green|blue"),
    (["--colour", "--dry", "w"], "--colour has no value"),
    (["--colour=red", "--dry=yes", "w"], "--dry takes no value"),
    (["--colour=red", "--dry", "--dry", "w"], "--dry is given twice"),
    (["--colour=red", "--seed", "1.5", "w"], "--seed cannot be '1.5' (masksub paint): give a whole number"),
    (["--colour=red", "--seed=99999999999999999999", "w"], "give a whole number"),
    (["--colour=red", "--seed=", "w"], "give a whole number"),
    (["--colour=red", "--thickness=nan", "w"], "give a finite number"),
    (["--colour=red", "--thickness=1e99", "w"], "give a finite number"),
    (["--colour=red", "--thickness=0x1p0", "w"], "give a finite number"),
    (["--colour=red", "--thickness=2.5", "w"], "give between 0 and 2"),
    (["--colour=red", "--coats=0", "w"], "give between 1 and 9"),
    (["--colour=red", "--set", "gloss", "w"], "--set cannot be 'gloss' (masksub paint): give KEY=VALUE"),
    (["--colour=red", "--set", "=1", "w"], "give KEY=VALUE"),
    (["--colour=red", "-x", "w"], "there is no option -x"),
    (["--colour=red", ""], "WALL cannot be ''"),
  ])
  func `wrong command lines are one clear line and exit code 2`(_ arguments: [String], _ expected: String) {
    let run = ToolRun(arguments: ["paint"] + arguments, commands: Self.commands)
    #expect(run.code == 2)
    #expect(run.error.hasPrefix("masksub: error: ") && run.error.contains(expected), "\(run.error)")
    #expect(run.error.filter { $0 == "\n" }.count == 1)
    #expect(run.output == "")
  }

  @Test func `an argument too many is an error`() {
    let run = ToolRun(arguments: ["fail", "input", "again"], commands: Self.commands)
    #expect(run.code == 2 && run.error.contains("an argument too many, 'again'"))
  }

  @Test func `a command inside a command gets its own options`() {
    let run = ToolRun(
      arguments: ["twice", "--seeds", "2", "paint", "--colour", "red", "--seed=9", "--dry", "w", "v"],
      commands: Self.commands)
    #expect(
      run.output == """
        red seed=0 true [] - true 0.5 -1 w ["v"]
        red seed=1 true [] - true 0.5 -1 w ["v"]

        """)
    let outerBehind = ToolRun(
      arguments: ["twice", "paint", "--colour=red", "w", "--seeds=1"], commands: Self.commands)
    #expect(outerBehind.output == "red seed=0 true [] - false 0.5 -1 w []\n")
  }

  @Test(arguments: [
    (["twice"], "COMMAND is missing"), (["twice", "piant"], "did you mean 'paint'?"),
    (["twice", "paint", "w"], "--colour red|green|blue is missing (masksub paint)"),
    (["twice", "paint", "--colour=red", "--sede=2", "w"], "did you mean '--seed'?"),
  ])
  func `errors of a command inside a command`(_ arguments: [String], _ expected: String) {
    let run = ToolRun(arguments: arguments, commands: Self.commands)
    #expect(run.code == 2 && run.error.contains(expected), "\(run.error)")
  }

  @Test func `a default that a run gives is shown as one`() {
    for type in Tool.commands where type.name != "doctor" {
      let text = CommandForm(of: type.init()).option("--precision")?.defaultText
      let readsRuns = ["eval", "predict", "embed", "zero-shot", "trace"].contains(type.name)
      if text != nil { #expect(text == (readsRuns ? "the run's own, else fp32" : "fp32"), "\(type.name)") }
    }
    let trace = CommandForm(of: TraceCommand())
    #expect(trace.option("--method")?.defaultText == "the run's own, else masksub")
    #expect(trace.option("--ratio")?.defaultText?.hasPrefix("the run's own") == true)
  }
}
