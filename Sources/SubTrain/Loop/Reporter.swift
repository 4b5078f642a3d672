/// Whom a run tells how it gets on: a console, a notebook, a test. What a reporter has no use for it leaves out.
public protocol Reporter: AnyObject {
  /// A remark of one line: what the run trains, what it passed over.
  func note(_ line: String)
  /// The loop begins behind `step` updates of `total`.
  func begin(at step: Int, of total: Int)
  /// A line of the log: the losses of the update just made.
  func trained(_ record: MetricsRecord)
  /// An update is done; comes behind `trained` where there is one.
  func updated(to step: Int)
  /// An evaluation behind `step` updates is done.
  func evaluated(_ evaluation: Evaluation, at step: Int)
  /// The loop has ended, or was interrupted.
  func end()
}

extension Reporter {
  public func note(_ line: String) {}
  public func begin(at step: Int, of total: Int) {}
  public func trained(_ record: MetricsRecord) {}
  public func updated(to step: Int) {}
  public func evaluated(_ evaluation: Evaluation, at step: Int) {}
  public func end() {}
}

/// Says nothing.
public final class SilentReporter: Reporter {
  /// A reporter without a listener.
  public init() {}
}

/// Says everything in lines of text: `LineReporter { print($0) }`.
public final class LineReporter: Reporter {
  private let write: (String) -> Void
  private var total = 0

  /// Lines for `write`, without their ends.
  public init(_ write: @escaping (String) -> Void) { self.write = write }

  public func note(_ line: String) { write(line) }
  public func begin(at step: Int, of total: Int) { self.total = total }
  public func trained(_ record: MetricsRecord) { write("step \(record.step)/\(total)  \(record.summary)") }
  public func evaluated(_ evaluation: Evaluation, at step: Int) {
    write("step \(step)/\(total), evaluation: \(evaluation.summary)")
  }
}
