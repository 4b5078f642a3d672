import SubCore
public import SubData
import SubTrain
import VisionSub

// What other programs load.
extension ClipRunModel {
  /// Whether it has as many tokens as CLIP's own vocabulary.
  public var hasStandardVocabulary: Bool { merges.merges.count == BytePairMerges.clipCount }

  /// Writes a folder that `open_clip.create_model("local-dir:FOLDER")` loads: `open_clip_config.json` and
  /// `open_clip_model.safetensors`, with the merges beside, which open_clip takes from itself.
  public func writeForOpenClip(to folder: String) throws {
    try parameters.write(to: FileSystem.join(folder, "open_clip_model.safetensors"), WeightNames(.openClip))
    try ClipFolder.writeOpenClipConfiguration(to: folder, config, preparation)
    try AtomicFile.write(merges.fileText, to: FileSystem.join(folder, "merges.txt"))
  }

  /// Writes a folder that transformers' `CLIPModel`, `AutoImageProcessor` and `AutoTokenizer` load.
  public func writeForTransformers(to folder: String) throws {
    func write(_ json: JSON, _ name: String) throws {
      try AtomicFile.write(json.text(indent: 2) + "\n", to: FileSystem.join(folder, name))
    }
    try parameters.write(to: FileSystem.join(folder, "model.safetensors"), WeightNames(.huggingFaceCLIP))
    try write(config.huggingFaceJSON, "config.json")
    try write(preparation.huggingFaceJSON(size: config.image.size), "preprocessor_config.json")
    let symbols = tokenizer.symbols
    let ids = symbols.enumerated().map { (key: $0.element, value: JSON.integer(Int64($0.offset))) }
    try AtomicFile.write(JSON.object(JSON.Object(ids)).text() + "\n", to: FileSystem.join(folder, "vocab.json"))
    try AtomicFile.write(merges.fileText, to: FileSystem.join(folder, "merges.txt"))
    let (start, end) = (symbols[Int(tokenizer.startId)], symbols[Int(tokenizer.endId)])
    try write(
      [
        "tokenizer_class": "CLIPTokenizer", "model_max_length": .integer(Int64(config.text.contextLength)),
        "bos_token": .string(start), "eos_token": .string(end), "unk_token": .string(end), "pad_token": .string(end),
        "do_lower_case": true,
      ], "tokenizer_config.json")
  }

  /// Both towers as an ONNX graph, or one alone.
  public func onnx(_ tower: ClipConfig.Tower? = nil) -> OnnxGraph {
    var graph = config.onnx(parameters, tower)
    graph.metadata.append(("preprocess_cfg", preparation.openClipJSON(size: config.image.size).text()))
    return graph
  }
}
