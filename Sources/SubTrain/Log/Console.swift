import SubCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Standard output, standard error and standard input of the tool, replaceable in tests.
///
/// Output is buffered and goes out at `flush`, when 64 KiB are waiting, or line by line on a terminal. Error text goes
/// out at once; that it cannot be written never ends the work.
public final class Console {
  /// Writes all of the bytes.
  public typealias Sink = (UnsafeRawBufferPointer) throws -> Void
  /// Reads up to the buffer's size; 0 at the end.
  public typealias Source = (UnsafeMutableRawBufferPointer) throws -> Int

  /// Whether standard output is a terminal.
  public let outputIsTerminal: Bool
  /// Whether standard error is a terminal.
  public let errorIsTerminal: Bool
  /// The environment variables that the tool knows.
  public let environment: [String: String]
  private let output: Sink
  private let error: Sink
  private let input: Source
  private var pending: [UInt8] = []

  /// A console over given streams.
  public init(
    output: @escaping Sink, error: @escaping Sink, input: @escaping Source = { _ in 0 },
    outputIsTerminal: Bool = false, errorIsTerminal: Bool = false, environment: [String: String] = [:]
  ) {
    (self.output, self.error, self.input) = (output, error, input)
    (self.outputIsTerminal, self.errorIsTerminal, self.environment) = (outputIsTerminal, errorIsTerminal, environment)
  }

  /// The process's own streams.
  public static func standard() -> Console {
    Console(
      output: { try DescriptorStream.write($0, to: STDOUT_FILENO, name: "standard output") },
      error: { try DescriptorStream.write($0, to: STDERR_FILENO, name: "standard error") },
      input: { try DescriptorStream.read(into: $0, from: STDIN_FILENO, name: "standard input") },
      outputIsTerminal: isatty(STDOUT_FILENO) != 0, errorIsTerminal: isatty(STDERR_FILENO) != 0,
      environment: DescriptorStream.environment())
  }

  /// Prints a line to standard output.
  public func print(_ line: String) throws { try write((line + "\n").utf8) }

  /// Writes bytes to standard output.
  public func write(_ bytes: some Sequence<UInt8>) throws {
    pending.append(contentsOf: bytes)
    if pending.count >= 1 << 16 || (outputIsTerminal && pending.last == UInt8(ascii: "\n")) { try flush() }
  }

  /// Sends what is waiting to standard output.
  public func flush() throws {
    if pending.isEmpty { return }
    // Forgotten first: after a failure there is nobody to send the rest to.
    let bytes = pending
    pending.removeAll(keepingCapacity: true)
    try bytes.withUnsafeBytes { try output($0) }
  }

  /// Prints a line to standard error.
  public func note(_ line: String) { writeError(line + "\n") }

  /// Writes text to standard error at once, behind all that was printed before: both may go to the same place.
  public func writeError(_ text: String) {
    try? flush()
    var text = text
    text.withUTF8 { bytes in try? error(UnsafeRawBufferPointer(bytes)) }
  }

  /// Reads from standard input; 0 at the end.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int { try input(buffer) }

  /// How text on standard output may look.
  public var outputStyle: TextStyle { TextStyle(isColoured: outputIsTerminal && mayColour) }
  /// How text on standard error may look.
  public var errorStyle: TextStyle { TextStyle(isColoured: errorIsTerminal && mayColour) }
  /// no-color.org: any value that is not empty forbids colour.
  private var mayColour: Bool { (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb" }

  /// Columns of the terminal; 100 where there is none.
  public var width: Int {
    var size = winsize()
    for (descriptor, isTerminal) in [(STDOUT_FILENO, outputIsTerminal), (STDERR_FILENO, errorIsTerminal)] {
      if isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    }
    return 100
  }
}

/// Escape sequences where the stream is a terminal that wants them, nothing elsewhere.
public struct TextStyle: Sendable {
  /// Whether anything is added at all.
  public let isColoured: Bool

  /// A style with or without colour.
  public init(isColoured: Bool) { self.isColoured = isColoured }

  /// Headings.
  public func bold(_ text: String) -> String { wrap(text, "1") }
  /// The word "error".
  public func red(_ text: String) -> String { wrap(text, "1;31") }
  /// What is fine.
  public func green(_ text: String) -> String { wrap(text, "32") }
  /// What matters less.
  public func faint(_ text: String) -> String { wrap(text, "2") }

  private func wrap(_ text: String, _ code: String) -> String { isColoured ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text }
}

/// Nobody reads standard output any more (`masksub … | head`): not a failure, the tool ends without a word.
public struct ReaderGone: Error, Sendable {
  /// The end of an output pipe.
  public init() {}
}

/// Whole reads and writes on a file descriptor.
enum DescriptorStream {
  static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, name: String) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: rest))
      if count >= 0 {
        rest = rest.dropFirst(count)
        continue
      }
      switch errno {
      case EINTR: continue
      case EPIPE: throw ReaderGone()
      case let code:
        throw InputError(
          "writing failed: \(String(cString: strerror(code)))", at: name, cure: "check where it leads to")
      }
    }
  }

  static func read(into buffer: UnsafeMutableRawBufferPointer, from descriptor: Int32, name: String) throws -> Int {
    while true {
      // Signals reach a thread of their own and wake nobody here: look up now and then while there is nothing to read.
      try Interruption.check()
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if poll(&waiting, 1, 100) == 0 { continue }
      let count = systemRead(descriptor, buffer)
      if count >= 0 { return count }
      let code = errno
      if code == EINTR { continue }
      throw InputError(
        "reading failed: \(String(cString: strerror(code)))", at: name, cure: "check where it comes from")
    }
  }

  /// The variables that the tool knows.
  static func environment() -> [String: String] {
    var result: [String: String] = [:]
    for name in ["MASKSUB_HOME", "NO_COLOR", "TERM"] {
      if let value = getenv(name) { result[name] = String(cString: value) }
    }
    return result
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(descriptor, bytes.baseAddress, bytes.count)
}
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
  read(descriptor, buffer.baseAddress, buffer.count)
}
