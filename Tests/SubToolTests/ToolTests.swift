import SubCore
import SubTrain
import Testing

@testable import SubTool

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct ToolTests {
  static let commands = OptionTests.commands

  @Test(arguments: [
    ("input", 1, "masksub: error: line 3 has\u{fffd}two columns (a.tsv): give it three\n"),
    ("usage", 2, "masksub: error: a and b exclude each other (masksub fail): give one\n"),
    ("interrupted", 130, "masksub: interrupted: masksub fail --resume goes on\n"),
    ("pipe", 0, ""),
    ("odd", 1, "masksub: error: Odd() (unexpected): please report it with the command line\n"),
  ])
  func `every error is one line and an exit code`(_ how: String, _ code: Int, _ line: String) {
    let run = ToolRun(arguments: ["fail", how], commands: Self.commands)
    #expect(run.code == Int32(code))
    #expect(run.error == line)
    #expect(how == "pipe" || run.output == "before\n")
  }

  @Test func `tf32 is refused where no device computes so`() {
    for arguments in [["bench", "minilm"], ["train"], ["plan", "--recipe=shapes-tiny"], ["doctor", "--check"]] {
      let run = ToolRun(arguments: arguments + ["--precision", "tf32"])
      #expect(run.code == 2 && run.error.contains("--precision tf32): "), "\(arguments): \(run.error)")
    }
  }

  @Test func `without a command the help goes to standard error`() {
    let run = ToolRun()
    #expect(run.code == 2 && run.output == "")
    #expect(run.error.contains("usage: masksub COMMAND") && run.error.hasSuffix("choose one of those above\n"))
  }

  @Test(arguments: [
    ("piant", "did you mean 'paint'?"), ("twic", "did you mean 'twice'?"), ("zzz", "masksub --help lists the commands"),
    ("--versoin", "did you mean '--version'?"), ("--seed", "name the command first"),
  ])
  func `mistyped commands`(_ word: String, _ expected: String) {
    let run = ToolRun(arguments: [word], commands: Self.commands)
    #expect(run.code == 2 && run.error.contains(expected), "\(run.error)")
  }

  /// oneDNN's products put the stack pointer into a buffer on the heap, where a handler's frame would do damage.
  @Test func `no thread that computes takes signals`() {
    _ = ToolRun("--version")
    var blocked = sigset_t()
    pthread_sigmask(SIG_BLOCK, nil, &blocked)
    #expect(sigismember(&blocked, SIGINT) == 1 && sigismember(&blocked, SIGTERM) == 1)
  }

  /// Names of files, tensors, classes: whatever they hold, no terminal is steered.
  @Test func `nothing from outside steers a terminal`() {
    let name = "a\u{1b}]0;owned\u{7}\u{1b}[31m\u{9b}31m\u{202e}b"
    var printed: [UInt8] = []
    let console = Console(
      output: { printed.append(contentsOf: $0) }, error: { printed.append(contentsOf: $0) }, outputIsTerminal: true,
      errorIsTerminal: true)
    #expect(Tool.main(arguments: ["inspect", name], console: console, commands: Tool.commands) == 1)
    try? console.print(name)
    console.note(name)
    let text = String(decoding: printed, as: UTF8.self).replacing("\u{1b}[1;31merror:\u{1b}[0m", with: "error:")
    #expect(text.contains("a\u{fffd}]0;owned\u{fffd}") && !text.contains("\u{1b}"))
    #expect(!text.unicodeScalars.contains { [0x7, 0x9b, 0x202e].contains($0.value) })
  }

  @Test func `a claim can be allowed`() {
    let refused = ToolRun("inspect", "--max-claim", "0", "x.npz")
    #expect(refused.code == 2 && refused.error.contains("--max-claim cannot be '0'"))
  }

  @Test func `the version`() {
    #expect(ToolRun("--version").output == "masksub \(Tool.version)\n")
  }

  @Test func `help in all its spellings is the same page`() {
    let page = ToolRun(arguments: ["paint", "--help"], commands: Self.commands)
    #expect(page.code == 0 && page.error == "")
    for arguments in [["help", "paint"], ["paint", "-h"], ["paint", "--nonsense", "--help"]] {
      #expect(ToolRun(arguments: arguments, commands: Self.commands).output == page.output)
    }
    #expect(ToolRun("help").output == ToolRun("--help").output)
    #expect(ToolRun(arguments: ["paint", "--colour=red", "--", "-h"], commands: Self.commands).output.contains("-h"))
  }

  @Test func `colour only on a terminal that wants it`() {
    #expect(!ToolRun("--help").output.contains("\u{1b}"))
    let terminal = ToolRun(arguments: ["--help"], outputIsTerminal: true)
    #expect(terminal.output.contains("\u{1b}[1m"))
    let plain = ToolRun(arguments: ["--help"], environment: ["NO_COLOR": "1"], outputIsTerminal: true)
    #expect(!plain.output.contains("\u{1b}"))
  }

  @Test func `the doctor finds the libraries that the tool is linked with`() {
    let run = ToolRun("doctor")
    #expect(run.code == 0)
    for label in ["masksub", "processor", "kernels", "memory", "oneDNN", "zlib", "CUDA", "home"] {
      #expect(run.output.contains("\n\(label) ") || run.output.hasPrefix(label), "\(label) in \(run.output)")
    }
    #expect(run.output.contains("nothing is missing"))
    let version = run.output.split(separator: "\n").first { $0.hasPrefix("oneDNN ") }
    #expect(version?.contains(" \(Processor.oneDNNMajor).") == true, "\(version ?? "") is that of the headers")
    #expect(
      version?.contains("(libdnnl.so.\(Processor.oneDNNMajor)") == true, "\(version ?? "") is the one linked with")
  }

  @Test func `a library of another major version than its headers' is told`() {
    #expect(SystemLibrary.oneDNN([3, 7, 2], builtFor: 3) == "3.7.2")
    #expect(
      SystemLibrary.oneDNN([3, 7, 2], builtFor: 2)
        == "3.7.2, but this program was built for oneDNN 2: build it where the headers are of version 3")
  }
}
