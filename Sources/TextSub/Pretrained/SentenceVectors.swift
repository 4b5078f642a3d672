import SubCore
import SubData

/// How a sentence's vector is made of its tokens.
public struct SentenceVectors: Sendable, Equatable {
  /// What of the last block's tokens it is.
  public var pooling: TextPooling
  /// Whether it has length 1.
  public var normalizes = false
  /// Tokens of a sentence; nil: as many as the network has positions.
  public var maxLength: Int?
  /// Who says so.
  public var source: String

  /// In a line.
  public var text: String { "vectors: \(pooling.rawValue)\(normalizes ? ", of length 1" : "") (\(source))" }

  /// As told.
  init(_ pooling: TextPooling, source: String) { (self.pooling, self.source) = (pooling, source) }

  /// As sentence-transformers notes it beside the weights; nil where nothing of that lies there. Throws for a pooling that
  /// cannot be done, unless `replaced` stands in its place.
  init?(beside folder: String, replaced: TextPooling?) throws {
    let place = FileSystem.join(folder, "modules.json")
    guard FileSystem.kind(place) == .file, let modules = try JSON.read(place).array else { return nil }
    func path(_ kind: String) -> String? {
      modules.first { $0["type"]?.string?.hasSuffix(".\(kind)") == true }?["path"]?.string
    }
    self.init(.mean, source: place)
    if let known = modules.first(where: { module in
      !["Transformer", "Pooling", "Normalize"].contains { module["type"]?.string?.hasSuffix(".\($0)") == true }
    }) {
      throw InputError(
        "sentences pass through \(known["type"]?.string ?? "a module without a type")", at: place,
        cure: "use a model of a transformer, pooling and normalisation")
    }
    normalizes = path("Normalize") != nil
    let limits = FileSystem.join(folder, "sentence_bert_config.json")
    if FileSystem.kind(limits) == .file { maxLength = try JSON.read(limits)["max_seq_length"]?.int }
    let settings = try path("Pooling").map { FileSystem.join(FileSystem.join(folder, $0), "config.json") }
      .flatMap { FileSystem.kind($0) == .file ? ($0, try JSON.read($0)) : nil }
    if let (place, json) = settings {
      let modes = json.object?.members.filter { $0.key.hasPrefix("pooling_mode_") && $0.value.bool == true }.map(\.key)
      switch (modes, replaced) {
      case (["pooling_mode_mean_tokens"], _): pooling = .mean
      case (["pooling_mode_cls_token"], _): pooling = .first
      case (_, .some): break
      default:
        throw InputError(
          "a pooling of \((modes ?? []).joined(separator: " and "))", at: place, cure: "say --pooling mean or cls")
      }
    }
    if let replaced { (pooling, source) = (replaced, "--pooling; \(source)") }
  }
}
