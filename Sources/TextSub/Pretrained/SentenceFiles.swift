import SubCore
import SubData

/// What sentence-transformers keeps beside a transformer: its list of modules, its settings, and the folders of the modules
/// that make a sentence's vector of the tokens'.
struct SentenceFiles {
  private let place: String
  /// The modules' own folders, of which some hold nothing.
  private let folders: [String]
  /// All that is there, by its path in the folder.
  private let files: [String]

  /// Those of a folder; nil where it has none. Throws where a module does not lie beside the others.
  init?(beside folder: String) throws {
    let list = FileSystem.join(folder, "modules.json")
    guard FileSystem.kind(list) == .file else { return nil }
    place = folder
    // The transformer itself lies in the folder.
    let paths = try JSON.read(list).array?.compactMap { $0["path"]?.string }.filter { !$0.isEmpty } ?? []
    for path in paths where [".", ".."].contains(path) || path.utf8.contains(where: { [0x2f, 0].contains($0) }) {
      throw InputError(
        "a module lies in '\(path)', which is no plain name of a folder", at: list, cure: "keep modules side by side")
    }
    let modules = try paths.filter { FileSystem.kind(FileSystem.join(folder, $0)) == .folder }.flatMap { module in
      try FileSystem.names(in: FileSystem.join(folder, module)).map { FileSystem.join(module, $0) }
    }
    let settings = ["modules.json", "sentence_bert_config.json", "config_sentence_transformers.json"]
    files = (settings + modules).filter { FileSystem.kind(FileSystem.join(folder, $0)) == .file }
    folders = paths
  }

  /// Their texts by their paths; a module's weights are none.
  func texts() throws -> [(key: String, value: String)] {
    try files.filter { $0.hasSuffix(".json") }.map { ($0, try InputFile(FileSystem.join(place, $0)).text()) }
  }

  /// Writes them as they are into another folder.
  func write(to folder: String) throws {
    for module in folders { try FileSystem.makeFolder(FileSystem.join(folder, module)) }
    for file in files {
      let contents = try InputFile(FileSystem.join(place, file)).array()
      try AtomicFile.write(to: FileSystem.join(folder, file)) { try $0.write(contents) }
    }
  }
}
