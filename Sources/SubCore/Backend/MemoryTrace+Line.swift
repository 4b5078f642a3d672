extension MemoryTrace {
  /// The trace of work on `samples`, of two traces of the same work, the second on more: every request is a straight line
  /// through theirs. Some kernels ask for scratch only where there is enough to do: what one of the two alone asks for and
  /// soon gives back is taken as the larger one has it. Nil where they are otherwise not the same requests in the same order.
  public static func line(
    through first: (samples: Int, trace: MemoryTrace), _ second: (samples: Int, trace: MemoryTrace), at samples: Int
  ) -> MemoryTrace? {
    precondition(first.samples < second.samples, "MemoryTrace: \(first.samples) samples, then \(second.samples)")
    let share = Double(samples - first.samples) / Double(second.samples - first.samples)
    let growth = Double(second.samples) / Double(first.samples)
    /// Whether two requests may be the same one: what is brief has then grown as samples can make it.
    func match(_ a: Request, _ b: Request) -> Bool {
      !a.isBrief && !b.isBrief || b.bytes >= a.bytes && Double(b.bytes) <= growth * Double(a.bytes) + 4096
    }

    let (less, more) = (first.trace.steps(), second.trace.steps())
    var (events, made): ([Int64], Int64) = ([], 0)
    // The number in the result of a request of the first, and of the second.
    var (numbers, others): ([Int: Int64], [Int: Int64]) = ([:], [:])
    // Those of the second alone.
    var alone: Set<Int> = []
    func ask(_ bytes: Int64) -> Int64 {
      events.append(max(0, bytes))
      made += 1
      return made - 1
    }
    var (i, j) = (0, 0)
    while i < less.count || j < more.count {
      let (a, b) = (i < less.count ? less[i] : nil, j < more.count ? more[j] : nil)
      switch (a, b) {
      case (.back(let number), _) where numbers[number] == nil:
        i += 1
      case (_, .back(let number)) where alone.contains(number):
        events.append(-1 - others[number]!)
        j += 1
      case (.back(let one), .back(let other)) where numbers[one] == others[other]:
        events.append(-1 - numbers[one]!)
        (i, j) = (i + 1, j + 1)
      case (.ask(let one), .ask(let other)) where match(one, other):
        let number = ask(one.bytes + Int64((Double(other.bytes - one.bytes) * share).rounded()))
        (numbers[one.number], others[other.number]) = (number, number)
        (i, j) = (i + 1, j + 1)
      case (_, .ask(let other)) where other.isBrief:
        others[other.number] = ask(other.bytes)
        alone.insert(other.number)
        j += 1
      case (.ask(let one), _) where one.isBrief:
        i += 1
      default: return nil
      }
    }
    return MemoryTrace(events: events, isOfDevice: first.trace.isOfDevice)
  }

  /// A block that is asked for.
  private struct Request {
    let number: Int
    let bytes: Int64
    /// Whether it comes back at once, or almost.
    let isBrief: Bool
  }

  /// A request, or the number of one whose block comes back.
  private enum Step {
    case ask(Request)
    case back(Int)
  }

  /// Events behind a request by which a brief one is over: kernels ask for little at once.
  private static let brief = 8

  private func steps() -> [Step] {
    var returns: [Int: Int] = [:]
    for (place, event) in events.enumerated() where event < 0 { returns[Int(-1 - event)] = place }
    var number = -1
    return events.enumerated().map { place, event in
      if event < 0 { return .back(Int(-1 - event)) }
      number += 1
      return .ask(
        Request(number: number, bytes: event, isBrief: (returns[number] ?? .max) - place <= Self.brief))
    }
  }
}
