import SubData
import SubTrain

/// Prints predictions as they come, and keeps the logits where they are asked for.
struct PredictionPrinter {
  /// The forms of output.
  enum Format: String, CaseIterable, OptionValue { case table, csv, jsonl }

  private let format: Format
  private let reader: PredictionReader
  private let console: Console
  private let hasPairs: Bool
  /// What a regression's values are called; one is a value.
  private let valueNames: [String]
  private var logits: RowFile?
  private var outputs = FiniteOutputs()
  /// The model.
  private let place: String

  /// A printer; a CSV's header is printed at once. `hasPairs`: whether inputs may be pairs.
  init(_ command: PredictCommand, _ reader: PredictionReader, hasPairs: Bool = false, on console: Console) throws {
    (format, self.reader, self.console, self.hasPairs) = (command.format, reader, console, hasPairs)
    place = command.from
    let files = [command.inference.data, command.zeroShot.classes, command.zeroShot.templates]
    let read = ModelOrigin(place).places + (files + [command.clipOptions.vocabulary]).compactMap(\.self)
    logits = try command.logits.map { try RowFile($0, tensor: "logits", option: "--logits", sparing: read) }
    valueNames = (reader.classNames?.count ?? 1) > 1 ? reader.classNames ?? [] : ["value"]
    guard format == .csv else { return }
    try write(
      ["input"] + (hasPairs ? ["pair"] : [])
        + (reader.likelihood == nil ? valueNames : ["rank", "index", "class", "probability"]))
  }

  /// Writes the logits, if they are wanted. Throws where outputs were not finite.
  func finish() throws {
    if let logits { console.note(try logits.write()) }
    try outputs.check(at: place)
  }

  /// Prints what a row of logits says of an input.
  mutating func print(_ input: String, pair: String? = nil, _ row: some Collection<Float>) throws {
    logits?.add([input, pair].compactMap { $0 }.joined(separator: "\t"), row)
    outputs.add(row)
    let prediction = reader(row)
    switch format {
    case .table:
      let said =
        switch prediction {
        case .values(let values) where values.count == 1: values[0].fixed(4)
        case .values(let values): zip(valueNames, values).map { "\($0) \($1.fixed(4))" }.joined(separator: ", ")
        case .classes(let shares):
          shares.map { "\($0.name ?? "class \($0.index)") \($0.probability.fixed(4))" }.joined(separator: ", ")
        }
      try console.print("\([input, pair].compactMap { $0 }.joined(separator: " | ")): \(said)")
    case .csv:
      let inputs = [input] + (hasPairs ? [pair ?? ""] : [])
      switch prediction {
      case .values(let values): try write(inputs + values.map { JSON(Float($0)).text() })
      case .classes(let shares):
        for (rank, share) in shares.enumerated() {
          let probability = JSON(Float(share.probability)).text()
          try write(inputs + ["\(rank + 1)", "\(share.index)", share.name ?? "", probability])
        }
      }
    case .jsonl:
      var object: JSON.Object = ["input": .string(input)]
      object["pair"] = pair.map { .string($0) }
      switch prediction {
      case .values(let values) where values.count == 1: object["value"] = JSON(Float(values[0]))
      case .values(let values):
        object["values"] = .object(JSON.Object(zip(valueNames, values).map { (key: $0, value: JSON(Float($1))) }))
      case .classes(let shares):
        object["classes"] = .array(
          shares.map { share in
            [
              "index": .integer(Int64(share.index)), "class": share.name.map { .string($0) } ?? .null,
              "probability": JSON(Float(share.probability)),
            ]
          })
      }
      try console.write((JSON.object(object).text() + "\n").utf8)
    }
  }

  /// A row of a CSV.
  private func write(_ fields: [String]) throws { try console.write(CSV.line(fields).utf8) }
}
