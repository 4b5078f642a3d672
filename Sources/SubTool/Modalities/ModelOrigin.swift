import SubCore
import SubData
import SubTrain

/// What `--from` names: a run, a folder or a weight file.
struct ModelOrigin {
  /// The path as given.
  let path: String
  /// The configuration of the run; nil: it is none of ours.
  let run: JSON?

  init(_ path: String) {
    self.path = path
    run = try? RunFolder.around(path)?.configuration()
  }

  /// The files and folders that are read as the model: a run's checkpoints, an index of shards with what lies beside it.
  var places: [String] {
    if FileSystem.kind(path) == .folder, let run = RunFolder.around(path) { return [run.checkpointsPath] }
    return [path.hasSuffix(".json") ? FileSystem.parent(path) : path]
  }

  /// The kind of input that the model takes: that of the run's command, else as the tensors say. Throws where they are of
  /// no model known here.
  func modality(weights key: String?) throws -> any Modality {
    let command = run?["command"]?.string
    if let known = Modalities.all.first(where: { $0.commands.contains { $0 == command } }) { return known }
    let checkpoint = try Checkpoint.standing(for: path)
    defer { withExtendedLifetime(checkpoint) {} }
    let source = try TensorFile.open(Companions.weightPlace(checkpoint.path), weights: key)
    guard let family = ModelFamilies.recognise(source)?.family,
      let known = Modalities.all.first(where: { $0.families.contains { $0.name == family.name } })
    else {
      throw InputError(
        "no model is recognised among its \(source.names.count) tensors", at: path,
        cure: "give weights of a vision model, a BERT or a CLIP (masksub inspect shows what a file holds)")
    }
    return known
  }
}
