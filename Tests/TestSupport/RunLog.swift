public import SubData

/// What a run wrote into its `metrics.jsonl`.
public enum RunLog {
  /// The lines without their clock, of the run in `folder`.
  public static func lines(_ folder: String) throws -> [String] {
    try objects(folder).map { line in
      let timeless = (line.object?.members ?? []).filter { $0.key != "samples_per_s" }
      return JSON.object(JSON.Object(timeless.map { ($0.key, $0.value) })).text()
    }
  }

  /// The lines as they stand there.
  public static func objects(_ folder: String) throws -> [JSON] {
    let path = "\(folder)/metrics.jsonl"
    return try TemporaryFolder.text(path).split(separator: "\n").map { try JSON.parse(String($0), at: path) }
  }
}
