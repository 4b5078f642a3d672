import SubCore
import SubData
import SubTrain
import TestSupport
import Testing
import TextSub
import TinyNetworks

/// What the files of a BERT's folder say of its use.
@Suite struct TextFolderTests {
  private let folder = TemporaryFolder()
  private let text = TextExample(index: 0, first: "the Cat sat")
  private let pair = TextExample(index: 0, first: "the Cat sat", second: "the dog", label: 1)

  private func tiny(outputs: Int = 2, types: Int = 2, _ settings: [(String, JSON)] = []) throws -> TinyBERTFolder {
    let tiny = try TinyBERTFolder(folder["\(outputs)-\(types)"], outputs: outputs, types: types)
    for (key, value) in settings { try tiny.set(key, value) }
    return tiny
  }

  private func isNear(_ one: [[Float]], _ other: [[Float]]) -> Bool {
    one.count == other.count && zip(one.joined(), other.joined()).allSatisfy { abs($0 - $1) < 1e-5 }
  }

  @Test func `a pair for a network of one segment is refused, to say something of it and to train`() throws {
    let path = try tiny(types: 1).path
    let network = try TextInference(TextFolder(path))
    #expect(try network.logits([text]).count == 1)
    for body in [{ try network.logits([pair]) }, { try network.features([pair], network.sentences()) }] {
      let error = #expect(throws: InputError.self) { try body() }
      #expect(error?.place == "\(path)/config.json" && error?.what.contains("type_vocab_size is 1") == true)
    }
    let model = try TextRunModel(TextFolder(path), for: .mrpc)
    func source(_ example: TextExample) throws -> TextSource {
      try TextSource(TextPart([example]), for: model, task: .mrpc, maxLength: 12, batchSize: 1, on: .cpu)
    }
    #expect(throws: InputError.self) { try source(pair) }
    #expect(try source(text).count == 1)
    #expect(throws: InputError.self) { try model.logits([pair], maxLength: 12) }
    #expect(try TextInference(TextFolder(tiny().path)).logits([pair]).count == 1)
  }

  @Test(
    arguments: [
      (1, nil, .regression), (2, nil, .singleLabel), (3, "regression", .regression),
      (1, "multi_label_classification", .multiLabel), (3, "multi_label_classification", .multiLabel),
      (2, "single_label_classification", .singleLabel),
    ] as [(Int, String?, TextProblem)])
  func `outputs are what problem_type says, and stay that in another program's folder`(
    outputs: Int, name: String?, problem: TextProblem
  ) throws {
    let tiny = try tiny(outputs: outputs, name.map { [("problem_type", .string($0))] } ?? [])
    let network = try TextInference(TextFolder(tiny.path))
    #expect(network.problem == problem && network.classNames == nil)
    #expect(
      network.likelihood == (problem == .regression ? nil : problem == .multiLabel ? .sigmoid : Likelihood.softmax))
    #expect(network.outputNames == (outputs == 3 && problem == .regression ? ["0", "1", "2"] : nil))
    try network.writeForTransformers(to: folder.path)
    let written = try JSON.read(folder["config.json"])
    #expect(written["problem_type"]?.string == problem.rawValue && written["id2label"]?["0"]?.string == "LABEL_0")
  }

  @Test(arguments: [
    (2, "multi_label", "'multi_label'"), (1, "single_label_classification", "the classifier has one output"),
  ]) func `a problem_type that cannot be is refused`(outputs: Int, name: String, what: String) throws {
    let path = try tiny(outputs: outputs, [("problem_type", .string(name))]).path
    let error = #expect(throws: InputError.self) { try TextFolder(path) }
    #expect(error?.what.contains(what) == true, "\(String(describing: error))")
  }

  @Test func `labels are names, else numbers; several answers are not evaluated`() throws {
    #expect(try TextFolder(tiny().path).labels() == ["0", "1"])
    #expect(try TextFolder(tiny(outputs: 1).path).labels() == [])
    let nameless: JSON = ["0": "LABEL_0", "1": "LABEL_1"]
    #expect(try TextFolder(tiny([("id2label", nameless)]).path).labels() == ["0", "1"])
    #expect(try TextFolder(tiny([("id2label", ["0": "no", "1": "yes"])]).path).labels() == ["no", "yes"])
    // Names of another number than there are outputs.
    #expect(
      try TextFolder(tiny(outputs: 3, [("id2label", ["0": "no", "1": "yes"])]).path).labels() == ["0", "1", "2"])
    for (outputs, name) in [(3, "regression"), (2, "multi_label_classification"), (1, "multi_label_classification")] {
      let path = try tiny(outputs: outputs, [("problem_type", .string(name))]).path
      let error = #expect(throws: InputError.self) { try TextFolder(path).labels() }
      #expect(error?.what.contains("problem_type is \(name)") == true)
    }
  }

  @Test func `an evaluation refuses, and a training names, another problem than the task's`() throws {
    let path = try tiny([("problem_type", "multi_label_classification")]).path
    try AtomicFile.write("a\ty\nthe Cat\t0\nthe dog\t1\n", to: folder["t.tsv"])
    let table = try TextTable(
      evaluating: folder["t.tsv"], TextTable.Columns(text: "a", label: "y"), labels: ["0", "1"])
    let recipe = GLUERecipe(.cola)
    #expect(throws: InputError.self) { try TextEvaluation(TextFolder(path), on: table, by: recipe) }
    let begun = try TextRunModel(TextFolder(path), for: table.textTask)
    #expect(begun.details.contains { $0.contains("problem_type is multi_label_classification") })
    let plain = try TextFolder(tiny().path)
    #expect(try TextEvaluation(plain, on: table, by: recipe)().metrics.first?.name == "accuracy")
    #expect(try !TextRunModel(plain, for: table.textTask).details.contains { $0.contains("problem_type") })
    // One output that answers yes or no is no number.
    let yes = try tiny(outputs: 1, [("problem_type", "multi_label_classification")]).path
    let numbers = try TextTable(evaluating: folder["t.tsv"], TextTable.Columns(text: "a", label: "y"), labels: [])
    #expect(throws: InputError.self) { try TextEvaluation(TextFolder(yes), on: numbers, by: recipe) }
  }

  /// A BERT without a classifier, as sentence-transformers begins with.
  private func headless() throws -> String {
    let path = try tiny().path
    let arrays = try TensorFile.open(path).arrays().filter { !$0.name.hasPrefix("classifier.") }
    try Safetensors.write(arrays, to: "\(path)/model.safetensors")
    return path
  }

  @Test func `a model without a classifier says nothing of classes in another program's folder`() throws {
    let network = try TextInference(TextFolder(headless()), needsClassifier: false)
    try network.writeForTransformers(to: folder.path)
    let written = try JSON.read(folder["config.json"])
    #expect(written["architectures"] == ["BertModel"])
    for key in ["problem_type", "id2label", "label2id"] { #expect(written[key] == nil, "\(key)") }
    #expect(FileSystem.kind(folder["modules.json"]) == .absent)
  }

  @Test func `what makes a vector of a sentence goes along, into a graph's metadata too`() throws {
    let path = try headless()
    let modules = ["Transformer", "Pooling", "Normalize"].enumerated().map { number, kind in
      #"{"type": "models.\#(kind)", "path": "\#(number == 0 ? "" : "\(number)_\(kind)")"}"#
    }
    try AtomicFile.write("[\(modules.joined(separator: ","))]", to: "\(path)/modules.json")
    try FileSystem.makeFolder("\(path)/1_Pooling")
    try AtomicFile.write(#"{"pooling_mode": "cls"}"#, to: "\(path)/1_Pooling/config.json")
    try AtomicFile.write(#"{"max_seq_length": 7}"#, to: "\(path)/sentence_bert_config.json")
    let prompts = #"{"prompts": {"q": "the "}, "default_prompt_name": "q"}"#
    try AtomicFile.write(prompts, to: "\(path)/config_sentence_transformers.json")
    let network = try TextInference(TextFolder(path), needsClassifier: false)
    try FileSystem.makeFolder(folder["written"])
    try network.writeForTransformers(to: folder["written"])
    #expect(FileSystem.kind(folder["written/2_Normalize"]) == .folder)
    let again = try TextInference(TextFolder(folder["written"]), needsClassifier: false)
    let (told, kept) = (try network.sentences(), try again.sentences())
    #expect(kept.pooling == .first && kept.normalizes && kept.prompt == "the " && kept.maxLength == 7)
    #expect(try again.features([text], kept) == network.features([text], told))
    let metadata = try network.onnx().metadata
    #expect(metadata.first { $0.key == "1_Pooling/config.json" }?.value == #"{"pooling_mode": "cls"}"#)
    #expect(metadata.contains { $0.key == "modules.json" } && metadata.contains { $0.value == prompts })
    try AtomicFile.write(#"[{"type": "models.Pooling", "path": "../tiny"}]"#, to: "\(path)/modules.json")
    #expect(throws: InputError.self) { try network.writeForTransformers(to: folder["written"]) }
  }

  @Test func `a classifier of something else than texts is no classifier here`() throws {
    for name in ["BertForMultipleChoice", "BertForTokenClassification", "Unheard"] {
      let path = try tiny(outputs: 1, [("architectures", [.string(name)])]).path
      let error = #expect(throws: InputError.self) { try TextInference(TextFolder(path)) }
      #expect(error?.what.contains(name) == true && error?.cure.contains("masksub embed") == true)
      #expect(throws: InputError.self) { try TextRunModel(TextFolder(path), isTrained: true, for: .stsb) }
      // The network is of use.
      let encoder = try TextInference(TextFolder(path), needsClassifier: false)
      #expect(try encoder.features([text], encoder.sentences()).count == 1)
      let begun = try TextRunModel(TextFolder(path), for: .stsb)
      #expect(begun.details.contains("the classifier of a \(name) is left out"))
      #expect(begun.details.contains { $0.contains("newly made") && $0.contains("classifier.weight") })
    }
    for name in ["BertForSequenceClassification", "BertForMaskedLM"] {
      let path = try tiny(outputs: 1, [("architectures", [.string(name)])]).path
      #expect(try TextInference(TextFolder(path)).problem == .regression)
    }
  }

  @Test func `texts are as long as the tokenizer's files say, which is kept`() throws {
    let tiny = try tiny()
    let long = TextExample(index: 0, first: "the Cat sat the dog sat the Cat")
    let cut = TextExample(index: 0, first: "the Cat")
    let whole = try TextInference(TextFolder(tiny.path))
    #expect(
      try !isNear(whole.logits([long]), whole.logits([cut])) && !whole.details.contains { $0.contains("are cut") })
    try tiny.set("model_max_length", 4, in: "tokenizer_config.json")
    let bounded = try TextInference(TextFolder(tiny.path), maxLength: 9)
    #expect(try isNear(bounded.logits([long]), whole.logits([cut])))
    #expect(bounded.details.contains { $0.contains("cut to 4 tokens: model_max_length") })
    #expect(try !TextInference(TextFolder(tiny.path), maxLength: 3).details.contains { $0.contains("are cut") })
    let model = try TextRunModel(TextFolder(tiny.path), for: .cola)
    #expect(try isNear(model.logits([long], maxLength: 9), model.logits([cut], maxLength: 9)))
    try FileSystem.makeFolder(folder["written"])
    try bounded.writeForTransformers(to: folder["written"])
    func length() throws -> Int? { try JSON.read(folder["written/tokenizer_config.json"])["model_max_length"]?.int }
    #expect(try length() == 4)
    try tiny.set("model_max_length", 1e30, in: "tokenizer_config.json")
    try TextInference(TextFolder(tiny.path)).writeForTransformers(to: folder["written"])
    #expect(try length() == 12)
    // sentence-transformers' own limit goes before the tokenizer's.
    try tiny.set("model_max_length", 4, in: "tokenizer_config.json")
    let vectors = try bounded.sentences(.mean)
    #expect(vectors.maxLength == 4)
    #expect(try isNear(bounded.features([long], vectors), whole.features([cut], whole.sentences(.mean))))
    var longer = vectors
    longer.maxLength = 12
    #expect(try isNear(bounded.features([text], longer), whole.features([text], whole.sentences(.mean))))
  }

  @Test func `a sentence's prompt and small letters are part of its vector`() throws {
    let network = try TextInference(TextFolder(tiny().path))
    let plain = try network.sentences(.mean)
    var told = plain
    (told.prompt, told.lowercases) = ("the dog ", true)
    let spelled = TextExample(index: 0, first: "the dog the cat sat")
    #expect(try isNear(network.features([text], told), network.features([spelled], plain)))
    #expect(try !isNear(network.features([text], plain), network.features([spelled], plain)))
  }

  @Test(arguments: [("7", 7), ("null", nil), ("0", 0)] as [(String, Int?)])
  func `the padding's id is kept`(text: String, id: Int?) throws {
    let tiny = try tiny([("pad_token_id", JSON.parse(text, at: "test"))])
    #expect(try TextFolder(tiny.path).config.padID == id)
    try FileSystem.makeFolder(folder["written"])
    try TextInference(TextFolder(tiny.path)).writeForTransformers(to: folder["written"])
    #expect(try JSON.read(folder["written/config.json"])["pad_token_id"] == JSON.parse(text, at: "test"))
    try tiny.set("pad_token_id", 11)
    #expect(throws: InputError.self) { try TextFolder(tiny.path) }
  }
}
