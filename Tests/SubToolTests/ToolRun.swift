import SubCore
import SubTrain

@testable import SubTool

/// One command line run in this process, with everything it printed.
struct ToolRun {
  let code: Int32
  let output: String
  let error: String

  /// The tool's own commands.
  init(_ arguments: String...) { self.init(arguments: arguments) }

  /// Any commands, input and environment; input arrives in pieces of `chunk` bytes. A signal arrives once the error stream
  /// holds the text `interruptedAfter`.
  init(
    arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
    commands: [any Command.Type] = Tool.commands, outputIsTerminal: Bool = false, chunk: Int = 1 << 16,
    interruptedAfter moment: String? = nil
  ) {
    let signal = Interruption.Simulated(raised: false)
    var (output, error): ([UInt8], [UInt8]) = ([], [])
    var rest = input[...]
    let console = Console(
      output: { output.append(contentsOf: $0) },
      error: {
        error.append(contentsOf: $0)
        if let moment, String(decoding: error, as: UTF8.self).contains(moment) { signal.raise() }
      },
      input: { buffer in
        let bytes = rest.prefix(min(buffer.count, chunk))
        buffer.copyBytes(from: bytes)
        rest = rest.dropFirst(bytes.count)
        return bytes.count
      },
      outputIsTerminal: outputIsTerminal, environment: environment)
    func run() -> Int32 { Tool.main(arguments: arguments, console: console, commands: commands) }
    code = moment == nil ? run() : Interruption.$simulated.withValue(signal) { run() }
    self.output = String(decoding: output, as: UTF8.self)
    self.error = String(decoding: error, as: UTF8.self)
  }
}
