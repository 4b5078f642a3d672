import SubCore
import SubNN

/// What a training step takes, told before there is one: two small steps of the very network write down what they ask the
/// pool for, and every request is a straight line in the number of samples. The pool is then played through on paper.
public struct StepMemory: Sendable {
  /// What a step takes beyond what the process has.
  public struct Need: Sendable, Equatable {
    /// Memory, and addresses, in bytes.
    public let memory, addresses: Int
    /// What of a limit of a kind it takes.
    func bytes(_ kind: MemoryAllowance.Kind) -> Int { kind == .memory ? memory : addresses }
  }

  /// What the process had when it was measured, of the device's memory where that is its own: weights, gradients, moments,
  /// averages.
  public let resident: Int
  /// Samples of a full batch.
  public let samples: Int
  /// What a checkpoint holds at once besides, of the host's memory: both moments of all weights.
  public let saving: Int
  /// Multiplications and additions of a step, for each sample.
  public let operations: Int
  /// What there is besides batch and step.
  private let waiting: Int
  private let batch, whole, pieces: Line
  /// Of a batch that is evaluated, with its making; nil where nothing is.
  private let evaluated: Line?
  /// Samples of such a batch, and bytes that each takes on the host while batches wait.
  public let evaluation: (samples: Int, hostBytes: Int)
  /// What a loss of all samples together takes, which is no straight line.
  private let joined: Int

  /// Two traces of one kind of work.
  private struct Line {
    let first, second: (samples: Int, trace: MemoryTrace)

    func trace(at samples: Int) -> MemoryTrace? { MemoryTrace.line(through: first, second, at: samples) }

    func size(at samples: Int, rounds: Int = 3) -> MemoryTrace.Size {
      if let trace = trace(at: samples) { return trace.size(rounds: rounds) }
      // Not the same requests: the sizes themselves are taken for a line.
      let (a, b) = (first.trace.size(rounds: rounds), second.trace.size(rounds: rounds))
      func line(_ path: KeyPath<MemoryTrace.Size, Int>) -> Int {
        let slope = Double(b[keyPath: path] - a[keyPath: path]) / Double(second.samples - first.samples)
        return max(0, a[keyPath: path] + Int(slope * Double(samples - first.samples)))
      }
      return MemoryTrace.Size(held: line(\.held), touched: line(\.touched))
    }

    var isExact: Bool { trace(at: first.samples) != nil }
  }

  /// Measures a step of what is to be trained. Weights, running statistics and the place in the data stay as they are. Nil
  /// where the source makes no examples.
  public init?<Subject: Trainable>(
    of subject: Subject, _ method: some Method, recomputes: Bool = false
  ) throws {
    let device = subject.parameters.arena.device
    let gradients = Gradients(subject.parameters)
    var pass = Pass(isTraining: true, key: RandomKey(seed: 0), statistics: .batch(updating: false))
    pass.recomputes = recomputes
    /// Of the last step that was made.
    var operations = 0

    /// The trace of making a batch, and of a step with it in some parts.
    func traces(_ count: Int, parts: Int) throws -> (batch: MemoryTrace, step: MemoryTrace)? {
      var example: Subject.Task.Batch?
      let making = try MemoryTrace.recording(on: device) { example = try subject.source.example(of: count) }
      guard let example else { return nil }
      let step = MemoryTrace.recording(on: device) {
        let count = Operations.counting {
          _ = method.inParts(parts, subject.task, example, into: gradients, pass: pass) {}
          gradients.clear()
        }
        operations = count
      }
      return (making, step)
    }
    /// Lines through a part of two samples and one of three. What a network keeps from one step to the next is made in
    /// the first: where that shows, each is done twice.
    func lines(parts: Int) throws -> (batch: Line, step: Line, operations: Int)? {
      for warms in [false, true] {
        var found: [(operations: Int, batch: MemoryTrace, step: MemoryTrace)] = []
        for samples in [2, 3] {
          if warms { _ = try traces(samples * parts, parts: parts) }
          guard let traces = try traces(samples * parts, parts: parts) else { return nil }
          found.append((operations, traces.batch, traces.step))
        }
        let step = Line(first: (2, found[0].step), second: (3, found[1].step))
        guard step.isExact || warms else { continue }
        return (
          Line(first: (2, found[0].batch), second: (3, found[1].batch)), step,
          found[1].operations - found[0].operations
        )
      }
      return nil
    }

    /// What evaluating a batch takes, of what the task does there.
    func evaluating(_ count: Int) throws -> (samples: Int, trace: MemoryTrace) {
      (
        count,
        try MemoryTrace.recording(on: device) {
          guard let batch = try subject.source.example(of: count) else { return }
          Tape.withoutRecording {
            let output = subject.task.forward(batch, subject.task.shared(batch, .evaluation), .evaluation)
            _ = subject.task.loss(output, batch).item
          }
        }
      )
    }

    guard let whole = try lines(parts: 1) else { return nil }
    self.operations = whole.operations
    (batch, self.whole) = (whole.batch, whole.step)
    evaluation = (
      subject.isEvaluated ? subject.evaluationBatch : 0, device.isHost ? subject.evaluationHostBytes : 0
    )
    evaluated = evaluation.samples > 0 ? Line(first: try evaluating(2), second: try evaluating(3)) : nil
    pieces = subject.task is any PiecewiseTask ? try lines(parts: 2)?.step ?? whole.step : whole.step
    let full = subject.source.fullBatch
    samples = full.samples
    let bytes = MemoryLayout<Float>.size * subject.parameters.arena.count
    saving = device.isHost ? 2 * bytes : 0
    joined = (subject.task as? any PiecewiseTask)?.joinedBytes(of: full.samples) ?? 0
    device.trimMemory()
    resident = withExtendedLifetime(gradients) {
      device.memoryUsage.map { $0.held - bytes } ?? MachineMemory.resident()
    }
    // On the host batches wait, and these gradients' memory stays the process's. A device gets two batches in turn, and what
    // is given back counts as free, though a run's gradients will have it.
    waiting = device.isHost ? full.waitingBytes : 2 * full.sentBytes + bytes
  }

  /// What a step of a full batch takes that passes in `parts`, beside those of its batches that wait.
  public func need(parts: Int) -> Need {
    let (batch, step) = (batch.size(at: samples, rounds: 1), size(parts: parts))
    let rest = waiting + joined
    return Need(memory: batch.touched + step.touched + rest, addresses: batch.held + step.held + rest)
  }

  /// What evaluating batches of `samples` takes, with the training batches that wait.
  public func need(evaluating samples: Int) -> Need {
    guard let evaluated, samples > 0 else { return Need(memory: 0, addresses: 0) }
    let (size, rest) = (evaluated.size(at: samples), waiting + samples * evaluation.hostBytes)
    return Need(memory: size.touched + rest, addresses: size.held + rest)
  }

  /// What both come to where nothing is given back between them.
  func need(parts: Int, evaluating samples: Int) -> Need {
    let (alone, evaluating) = (need(parts: parts), need(evaluating: samples))
    guard let training = trace(parts: parts), let other = evaluated?.trace(at: samples) else {
      return Need(
        memory: max(alone.memory, evaluating.memory), addresses: max(alone.addresses, evaluating.addresses))
    }
    let (both, own) = (training.followed(by: other).size(), training.size())
    // Batches wait for either, not for both.
    return Need(
      memory: max(alone.memory + both.touched - own.touched, evaluating.memory),
      addresses: max(alone.addresses + both.held - own.held, evaluating.addresses))
  }

  /// A step of the largest of `parts`.
  private func step(_ parts: Int) -> (line: Line, samples: Int) {
    (parts == 1 ? whole : pieces, (samples + parts - 1) / parts)
  }

  /// What the parts ask for. Where a batch does not divide, some have a sample less than others, and the pool comes to hold blocks
  /// of both kinds: widths of 3 · 2ᵏ and batches of 2ᵐ put the two just on either side of a class of blocks.
  private func trace(parts: Int) -> MemoryTrace? {
    let (line, most) = step(parts)
    guard let larger = line.trace(at: most) else { return nil }
    guard samples % parts > 0, let smaller = line.trace(at: most - 1) else { return larger }
    return smaller.followed(by: larger)
  }

  private func size(parts: Int) -> MemoryTrace.Size {
    trace(parts: parts)?.size() ?? step(parts).line.size(at: step(parts).samples)
  }
}
