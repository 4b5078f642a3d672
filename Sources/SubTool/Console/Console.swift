#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Standard output, standard error and standard input of the tool, replaceable in tests.
///
/// Output is buffered and goes out at `flush`, when 64 KiB are waiting, or line by line on a terminal. Error text goes
/// out at once; that it cannot be written never ends the work.
final class Console {
  /// Writes all of the bytes.
  typealias Sink = (UnsafeRawBufferPointer) throws -> Void
  /// Reads up to the buffer's size; 0 at the end.
  typealias Source = (UnsafeMutableRawBufferPointer) throws -> Int

  /// Whether standard output is a terminal.
  let outputIsTerminal: Bool
  /// Whether standard error is a terminal.
  let errorIsTerminal: Bool
  /// The environment variables that the tool knows.
  let environment: [String: String]
  private let output: Sink
  private let error: Sink
  private let input: Source
  private var pending: [UInt8] = []
  /// Whether remarks and progress are left out (`--quiet`).
  var isQuiet = false
  /// Whose errors these are, where several processes have one terminal.
  private(set) var name = ""

  /// A console over given streams.
  init(
    output: @escaping Sink, error: @escaping Sink, input: @escaping Source = { _ in 0 },
    outputIsTerminal: Bool = false, errorIsTerminal: Bool = false, environment: [String: String] = [:]
  ) {
    (self.output, self.error, self.input) = (output, error, input)
    (self.outputIsTerminal, self.errorIsTerminal, self.environment) = (outputIsTerminal, errorIsTerminal, environment)
  }

  /// The process's own streams.
  static func standard() -> Console {
    Console(
      output: { try DescriptorStream.write($0, to: STDOUT_FILENO, name: "standard output") },
      error: { try DescriptorStream.write($0, to: STDERR_FILENO, name: "standard error") },
      input: { try DescriptorStream.read(into: $0, from: STDIN_FILENO, name: "standard input") },
      outputIsTerminal: isatty(STDOUT_FILENO) != 0, errorIsTerminal: isatty(STDERR_FILENO) != 0,
      environment: DescriptorStream.environment())
  }

  /// Prints a line to standard output; what would steer a terminal is replaced.
  func print(_ line: String) throws { try print(styled: line.oneLine) }

  /// Prints a line that holds a `TextStyle`'s escape sequences, and nothing from outside.
  func print(styled line: String) throws { try write((line + "\n").utf8) }

  /// Writes bytes to standard output.
  func write(_ bytes: some Sequence<UInt8>) throws {
    pending.append(contentsOf: bytes)
    if pending.count >= 1 << 16 || (outputIsTerminal && pending.last == UInt8(ascii: "\n")) { try flush() }
  }

  /// Sends what is waiting to standard output.
  func flush() throws {
    if pending.isEmpty { return }
    // Forgotten first: after a failure there is nobody to send the rest to.
    let bytes = pending
    pending.removeAll(keepingCapacity: true)
    try bytes.withUnsafeBytes { try output($0) }
  }

  /// Prints a line to standard error; what would steer a terminal is replaced.
  func note(_ line: String) { if !isQuiet { noteStyled(line.oneLine) } }

  /// Prints a line to standard error that holds a `TextStyle`'s escape sequences, and nothing from outside.
  func noteStyled(_ line: String) { writeError(line + "\n") }

  /// Writes text to standard error at once, behind all that was printed before: both may go to the same place.
  func writeError(_ text: String) {
    try? flush()
    var text = text
    text.withUTF8 { bytes in try? error(UnsafeRawBufferPointer(bytes)) }
  }

  /// Reads from standard input; 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int { try input(buffer) }

  /// How text on standard output may look.
  var outputStyle: TextStyle { TextStyle(isColoured: outputIsTerminal && mayColour) }
  /// How text on standard error may look.
  var errorStyle: TextStyle { TextStyle(isColoured: errorIsTerminal && mayColour) }
  /// no-color.org: any value that is not empty forbids colour.
  private var mayColour: Bool { (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb" }

  /// Columns of the terminal; 100 where there is none.
  var width: Int { size?.columns ?? 100 }
  /// Lines of the terminal; 40 where there is none.
  var height: Int { size?.lines ?? 40 }

  private var size: (columns: Int, lines: Int)? {
    var size = winsize()
    for (descriptor, isTerminal) in [(STDOUT_FILENO, outputIsTerminal), (STDERR_FILENO, errorIsTerminal)] {
      if isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 {
        return (Int(size.ws_col), Int(size.ws_row))
      }
    }
    return nil
  }

  /// Whether the terminal shows more than ASCII, by the locale.
  var isUnicode: Bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { self.environment[$0] }.first { !$0.isEmpty } ?? ""
    return environment["TERM"] != "dumb" && locale.lowercased().filter { $0 != "-" }.contains("utf8")
  }

  /// A console for a process beside one that speaks for all: what goes to standard error behind remarks are errors, with
  /// `name` in front.
  func errorsOnly(of name: String) -> Console {
    let other = Console(output: { _ in }, error: error, input: input, environment: environment)
    (other.isQuiet, other.name) = (true, name)
    return other
  }

  /// A console for work inside this one's: what it prints goes where remarks go.
  func inner() -> Console {
    let inner = Console(
      output: isQuiet ? { _ in } : error, error: error, input: input, outputIsTerminal: errorIsTerminal,
      errorIsTerminal: errorIsTerminal, environment: environment)
    inner.isQuiet = isQuiet
    return inner
  }
}

/// Nobody reads standard output any more (`masksub … | head`): not a failure, the tool ends without a word.
struct ReaderGone: Error, Sendable {
}
