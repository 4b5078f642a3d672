import SubTool
import SubTrain

/// One command line run in this process, with everything it printed.
struct ToolRun {
  let code: Int32
  let output: String
  let error: String

  /// The tool's own commands.
  init(_ arguments: String...) { self.init(arguments: arguments) }

  /// Any commands, input and environment; input arrives in pieces of `chunk` bytes.
  init(
    arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
    commands: [any Command.Type] = Tool.commands, outputIsTerminal: Bool = false, chunk: Int = 1 << 16
  ) {
    var (output, error): ([UInt8], [UInt8]) = ([], [])
    var rest = input[...]
    let console = Console(
      output: { output.append(contentsOf: $0) }, error: { error.append(contentsOf: $0) },
      input: { buffer in
        let bytes = rest.prefix(min(buffer.count, chunk))
        buffer.copyBytes(from: bytes)
        rest = rest.dropFirst(bytes.count)
        return bytes.count
      },
      outputIsTerminal: outputIsTerminal, environment: environment)
    code = Tool.main(arguments: arguments, console: console, commands: commands)
    self.output = String(decoding: output, as: UTF8.self)
    self.error = String(decoding: error, as: UTF8.self)
  }
}
