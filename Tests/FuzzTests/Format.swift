import ClipSub
import SubCore
import SubData
import TestSupport
import Testing
import TextSub
import VisionSub

@testable import SubTrain

/// A format that is read from outside: whole files to begin with, and what is done with a file.
struct Format: Sendable, CustomTestStringConvertible {
  let name: String
  /// The name of the file that is read, where its ending matters.
  let fileName: String
  let corpus: [[UInt8]]
  /// Files that lie beside it, whole: paths in the repository.
  let beside: [String]
  let read: @Sendable (_ path: String) throws -> Void

  var testDescription: String { name }

  /// `files` are paths in the repository.
  init(
    _ name: String, as fileName: String = "input", _ files: [String] = [], texts: [String] = [], beside: [String] = [],
    read: @escaping @Sendable (String) throws -> Void
  ) {
    (self.name, self.fileName, self.beside, self.read) = (name, fileName, beside, read)
    corpus = files.compactMap { try? TemporaryFolder.bytes(Repository.file($0)) } + texts.map { Array($0.utf8) }
  }

  static let all: [Format] = tensors + pictures + texts + data + descriptions
}

extension Format {
  private static let files = "Tests/SubDataTests/Fixtures/files/"

  private static func numbers(_ path: String) throws {
    let file = try TensorFile.open(path)
    for name in file.names.prefix(64) { _ = try file.array(named: name).floats().count }
  }

  private static let tensors = [
    Format(
      "safetensors", [files + "types.safetensors", files + "sharded/model-00001-of-00002.safetensors"], read: numbers),
    Format(
      "npy",
      ["b1", "f2_big", "f8", "fortran", "fortran_big", "scalar", "version3", "i8"].map { files + "npy/\($0).npy" },
      read: numbers),
    Format("npz", ["stored.npz", "deflated.npz", "descriptors.npz"].map { files + $0 }, read: numbers),
    Format(
      "torch, zip",
      [
        "state_zip_p2.pth", "big_endian_deflated.pth", "no_checksums.pth", "training_zip.pth", "traced.pt",
        "scripted.pt",
      ].map { files + $0 },
      read: numbers),
    Format(
      "torch, stream", ["state_legacy_p2.pth", "state_legacy_p4.pth", "training_legacy.pth"].map { files + $0 },
      read: numbers),
    Format(
      "index of shards", as: "input.json", [files + "sharded/model.safetensors.index.json"],
      texts: [
        #"{"metadata":{"total_size":64},"weight_map":{"embed.weight":"model-00001-of-00002.safetensors"}}"#,
        #"{"weight_map":{"head.bias":"./model-00002-of-00002.safetensors","\u0068":"types.safetensors","":"stored.npz"}}"#,
      ],
      beside: [
        "sharded/model-00001-of-00002.safetensors", "sharded/model-00002-of-00002.safetensors", "types.safetensors",
        "stored.npz",
      ].map { files + $0 },
      read: numbers),
  ]

  private static let pictures = ["jpg", "png", "webp"].map { kind in
    let folder = Repository.file("Tests/SubDataTests/Fixtures/image/files")
    let names = ((try? FileSystem.names(in: folder)) ?? []).filter { $0.hasSuffix("." + kind) }
    let small = names.filter { (try? InputFile("\(folder)/\($0)").count).map { (1..<4000).contains($0) } ?? false }
    return Format(kind, small.map { "Tests/SubDataTests/Fixtures/image/files/\($0)" }) { path in
      _ = try ImageDecoder.decode(InputFile(path).array(), name: path).width
    }
  }

  private static let texts = [
    Format(
      "JSON", [files + "values.json", files + "sharded/model.safetensors.index.json"],
      texts: [#"{"a": [1, -2.5e3, "\u00e9\ud83d\ude00\n", null, true], "b": {"c": {}}}"#]
    ) { _ = try JSON.read($0).bytes() },
    Format("vocab.txt", as: "vocab.txt", texts: ["[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\nNé\n"]) { path in
      _ = try WordPieceTokenizer(path: path).encode("a Né b", maxLength: 8)
    },
    Format(
      "tokenizer.json", as: "tokenizer.json",
      texts: [
        #"{"model":{"type":"WordPiece","vocab":{"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"[MASK]":4,"a":5}},"#
          + #""normalizer":{"lowercase":true,"strip_accents":null}}"#
      ]
    ) { _ = try WordPieceTokenizer(path: $0).encode("a b", maxLength: 8) },
    Format("merges", texts: ["#version: 0.2\nt h\nth e</w>\na n\ni n</w>\n"]) { path in
      _ = try BytePairTokenizer(mergesFile: path).tokenize("the an in", contextLength: 8)
    },
    Format(
      "GLUE", as: "train.tsv",
      texts: ["gj04\t1\t\tOur friends won't buy this.\ngj04\t0\t*\tOne more pseudo.\nr\t1\t\té\n"]
    ) { path in _ = try GLUEReader(task: .cola, data: FileSystem.parent(path)).read(.train).examples.count },
  ]

  private static let data = [
    Format(
      "tar", as: "input.tar",
      texts: [
        String(decoding: members(["0.jpg", "0.txt", "0.json", "1.jpg", "1.txt"]) + TarArchive.end, as: UTF8.self)
      ], read: captions),
    Format("tar, packed", as: "input.tar.gz", ["Tests/FuzzTests/Corpus/captions.tar.gz"], read: captions),
    Format(
      "caption table", as: "input.csv",
      texts: ["filepath\ttitle\na.jpg\t\"one \"\"two\"\"\"\r\nb.jpg\tthree\n\nc.jpg\t\"four\nfive\"\n"], read: captions),
    Format(
      "table, delimited", as: "input.csv",
      texts: [
        "text,label,pair\n\"one \"\"two\"\"\",a,b\r\n\nthree,c,\"d\ne\"\n", "\u{feff}text\tlabel\nå\t1\n\"b\t2\n",
      ], read: rows),
    Format(
      "table, JSON lines", as: "input.jsonl",
      texts: ["{\"text\":\"a\",\"label\":1}\n\n{\"label\":true,\"text\":\"\\u00e9\",\"more\":null}\n"], read: rows),
    Format(
      "class folders in a tar", as: "input.tar",
      texts: [String(decoding: classFolders, as: UTF8.self)]
    ) { path in
      guard let folder = try TarFolder(path) else { return }
      let source = try folder.source(.whole)
      for index in 0..<min(8, source.count) { _ = try source.image(at: index) }
    },
    Format(
      "CIFAR, pickled", as: "test_batch",
      ["latin", "two", "three"].flatMap { folder in
        let path = "Tests/SubDataTests/Fixtures/image/cifar/\(folder)"
        return ((try? FileSystem.names(in: Repository.file(path))) ?? []).map { "\(path)/\($0)" }
      }
    ) { path in _ = try CIFAR(FileSystem.parent(path), training: false).count },
  ]

  @Sendable private static func rows(_ path: String) throws {
    let table = try Table(path)
    for row in 0..<min(64, table.count) { _ = try table.fields(row, Array(table.columns.indices)) }
  }

  @Sendable private static func captions(_ path: String) throws {
    let options = CaptionOptions(faults: CaptionFaults.Limit(count: 5, share: 0.5))
    var stream = try CaptionStream(
      CaptionSet(path, options: options, readsLabels: true), order: CaptionOrder(seed: 1))
    for _ in 0..<8 { _ = try? stream.next()?.imageBytes().count }
  }

  private static let descriptions = [
    Format(
      "BERT's config.json",
      texts: [
        #"{"vocab_size":30,"hidden_size":12,"num_hidden_layers":2,"num_attention_heads":3,"intermediate_size":24,"#
          + #""hidden_act":"gelu","max_position_embeddings":16,"type_vocab_size":2,"layer_norm_eps":1e-12}"#
      ]
    ) { _ = try BERTConfig(JSON.read($0), place: $0) },
    Format(
      "open_clip's config",
      texts: [
        #"{"embed_dim":16,"vision_cfg":{"image_size":16,"patch_size":8,"width":16,"layers":1,"head_width":8},"#
          + #""text_cfg":{"context_length":12,"vocab_size":633,"width":16,"heads":2,"layers":1}}"#
      ]
    ) { try ClipConfig(JSON.read($0), place: $0).checkClaim(at: $0) },
    Format(
      "state.json",
      texts: [
        #"{"step":2,"batches":2,"logged":208,"owes_evaluation":false,"elapsed":0.02,"seconds":0.02,"samples":8,"#
          + #""source":null,"manifest":true,"best":{"step":1,"value":0.5,"metrics":{"top1":0.5}}}"#
      ]
    ) { _ = try Checkpoint.Position(JSON.read($0), place: $0) },
  ]

  // Archives are ASCII, for they stand here as text.

  /// Members that hold `abc`.
  private static func members(_ names: [String]) -> [UInt8] {
    names.flatMap { TarArchive.member($0.utf8, Array("abc".utf8)) }
  }

  /// Pictures in class folders, and links to them and to a folder.
  private static let classFolders =
    members(["t/train/a/0.jpg", "t/train/b/1.png", "t/val/a/2.jpg", "t/x.txt"])
    + TarArchive.member("t/train/c".utf8, kind: "2", target: "./b/../a")
    + TarArchive.member("t/train/b/3.jpg".utf8, kind: "2", target: "../c/0.jpg")
    + TarArchive.member("t/val/b/4.jpg".utf8, kind: "1", target: "t/train/a/0.jpg") + TarArchive.end
}
