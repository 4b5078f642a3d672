public import SubCore
public import SubData

/// A folder that a script of scripts/reference made: a model's weights, a batch, and what one MaskSub step of another
/// implementation gives in float64.
public struct TraceCase {
  /// The folder.
  public let path: String
  private let arguments: [String]
  private let tolerance: Double

  /// Reads the case's facts.
  public init(_ path: String) throws {
    self.path = path
    let facts = try JSON.read(path + "/case.json")
    arguments = (facts["arguments"]?.array ?? []).compactMap(\.string)
    tolerance = facts["gradient_tolerance"]?.double ?? 0
  }

  /// The value of an option of `masksub trace`.
  public func option(_ name: String) throws -> String {
    guard let place = arguments.firstIndex(of: name), place + 1 < arguments.count else {
      throw InputError("no argument \(name)", at: path + "/case.json", cure: "make the case again")
    }
    return arguments[place + 1]
  }

  /// The tensors of one of its files.
  public func tensors(_ file: String) throws -> any NamedTensors { try TensorFile.open("\(path)/\(file)") }

  /// What differs, a line each; empty where all is equal. Differences are relative to each tensor's largest value, as in
  /// compare_trace.py; a gradient that is zero by mathematics (a key's bias) is held against a hundredth of the largest
  /// gradient.
  public func differences(of results: [(name: String, array: HostArray)]) throws -> [String] {
    let expected = try tensors("expected.safetensors")
    var faults = Set(results.map(\.name)).symmetricDifference(expected.names).sorted().map { "\($0): only on one side" }
    let tops = try expected.names.map { ($0, try expected.array(named: $0).doubles().map(abs).max() ?? 0) }
    let largest = tops.filter { $0.0.hasPrefix("grad.") }.map(\.1).max() ?? 0
    for (name, top) in tops {
      guard let got = results.first(where: { $0.name == name })?.array else { continue }
      let wanted = try expected.array(named: name)
      guard got.shape.filter({ $0 != 1 }) == wanted.shape.filter({ $0 != 1 }) else {
        faults.append("\(name): shape \(got.shape), not \(wanted.shape)")
        continue
      }
      let isGradient = name.hasPrefix("grad.")
      let scale = isGradient && top <= 1e-7 * largest ? largest / 100 : top
      let difference = zip(got.doubles(), wanted.doubles()).map { abs($0 - $1) }.max() ?? 0
      if !(difference <= (isGradient ? tolerance : 1e-4) * scale) { faults.append("\(name): \(difference / scale)") }
    }
    return faults
  }
}
