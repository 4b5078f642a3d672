import Foundation
import SubData
import SubTrain
import TestSupport
import Testing

@testable import SubTool

/// Completions and the manual page are what the commands declare.
@Suite struct ShellTests {
  @Test(arguments: ["bash", "zsh", "fish"]) func `completions know every command, option and value`(_ shell: String) {
    let run = ToolRun("completions", shell)
    #expect(run.code == 0 && run.error == "")
    for type in Tool.commands {
      #expect(run.output.contains(type.name), "\(type.name)")
      for option in CommandForm(of: type.init()).options {
        #expect(run.output.contains(option.spelling.dropFirst(2)), "\(option.spelling)")
        for value in option.choices { #expect(run.output.contains(value), "\(option.spelling) \(value)") }
      }
    }
    for recipe in Tool.recipes { #expect(run.output.contains(recipe.name)) }
    #expect(ToolRun("completions", "tcsh").error.contains("give one of bash, zsh, fish"))
  }

  /// What bash offers where the last word is to be completed.
  private func offered(_ words: [String]) throws -> [String] {
    let folder = TemporaryFolder()
    let script =
      ToolRun("completions", "bash").output
        + """
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); cd \(folder.path); touch x.png
        _masksub 2>/dev/null; echo "${COMPREPLY[@]}"
        """
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", script, "bash"] + words
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text.split(whereSeparator: \.isWhitespace).map(String.init)
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/bin/bash"))) func `bash completes`() throws {
    #expect(try offered(["masksub", "gl"]) == ["glue"])
    #expect(try offered(["masksub", "glue", "--task", "co"]) == ["cola"])
    #expect(try offered(["masksub", "glue", "--task", "=", "co"]) == ["cola"])
    #expect(try offered(["masksub", "train", "--recipe", "rsb-a2-resnet5"]) == ["rsb-a2-resnet50"])
    #expect(try offered(["masksub", "train", "--weight-d"]) == ["--weight-decay"])
    #expect(try offered(["masksub", "eval", "--from", "x"]) == ["x.png"])
    #expect(try offered(["masksub", "eval", "--batch-size", ""]) == [])
    #expect(try offered(["masksub", "recipes", "sh"]) == ["show"])
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/bin/bash")))
  func `an argument that is no text is refused`() throws {
    let built = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let process = Process()
    let error = Pipe()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = [
      "-c", "exec \"$0\" inspect $'a\\xff.safetensors'", FileSystem.join(FileSystem.parent(built), "masksub"),
    ]
    process.standardError = error
    try process.run()
    let text = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 2 && text.contains("the bytes of argument 2 are no UTF-8"), "\(text)")
  }

  @Test func `the manual page has every command and option`() {
    let run = ToolRun("man")
    #expect(run.code == 0 && run.output.utf8.allSatisfy { $0 < 128 })
    for type in Tool.commands {
      #expect(run.output.contains(".SH MASKSUB \(type.name.uppercased().replacing("-", with: "\\-"))\n"))
      for option in CommandForm(of: type.init()).options {
        #expect(run.output.contains(".B \(option.spelling.replacing("-", with: "\\-"))"), "\(option.spelling)")
      }
    }
    // Only requests of ours begin with a dot.
    let requests = Set(run.output.split(separator: "\n").filter { $0.hasPrefix(".") }.map { $0.prefix { $0 != " " } })
    #expect(requests == [".TH", ".SH", ".SS", ".TP", ".B", ".I", ".PP", ".nf", ".fi"])
  }
}
