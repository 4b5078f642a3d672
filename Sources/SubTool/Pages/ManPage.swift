/// `masksub.1`, the manual page, from what the commands declare.
struct ManPage {
  private var text = ""

  /// The page of these commands in roff.
  static func of(_ commands: [any Command.Type]) -> String {
    var page = ManPage()
    page.line(".TH MASKSUB 1 \"\" \"masksub \(Tool.version)\" \"User Commands\"")
    page.section("NAME")
    page.plain("masksub \\- training with a masked sub-branch: vision transformers, BERT and CLIP")
    page.section("SYNOPSIS")
    page.line(".B masksub")
    page.line(".I COMMAND")
    page.plain("[options]")
    page.section("DESCRIPTION")
    page.words(
      "Results go to standard output, progress and remarks to standard error. Options are written --option value or "
        + "--option=value. The names that timm, open_clip and transformers give to options are understood, or refused "
        + "with what does the same. Exit codes: 0 done, 1 the work failed, 2 wrong usage, 130 interrupted.")
    page.section("OPTIONS")
    page.words("Every command takes these, and its own, which stand below.")
    page.add(CommandForm(of: commands[0].init()).groups.filter { $0.title == GlobalOptions.title }.flatMap(\.options))
    page.section("COMMANDS")
    for type in commands {
      page.line(".TP")
      page.line(".B \(escaped(type.name))")
      page.words(type.summary)
    }
    for type in commands { page.add(type) }
    page.section("FILES")
    page.line(".TP")
    page.line(".I runs/COMMAND\\-TIME")
    page.words(
      "A run's folder: config.json, metrics.jsonl, summary.json, tensorboard/, checkpoints/STEP/, best (--keep-best).")
    page.section("ENVIRONMENT")
    for (name, meaning) in environment {
      page.line(".TP")
      page.line(".B \(name)")
      page.words(meaning)
    }
    return page.text
  }

  private static let environment = [
    ("MASKSUB_HOME", "The folder that holds the embedded datasets/ and tokenizers/."),
    ("OMP_NUM_THREADS", "Threads that compute, where --threads does not say it."),
    ("MASKSUB_MPI", "The MPI library of --ranks; without it the usual places are looked through."),
    ("MASKSUB_MPIRUN", "The launcher of --ranks; without it mpirun."),
    ("MASKSUB_RANK_TIMEOUT", "Seconds that a rank waits for the others before the run is ended: 1800; 0: without end."),
    ("MASKSUB_CUDA_LIBRARIES", "Folders with CUDA's libraries, a colon between them, that are looked through first."),
    ("MASKSUB_CUDA_GRAPHS", "0: no work of a CUDA device is captured as a graph."),
    ("MASKSUB_NCCL", "0: what ranks on CUDA devices exchange goes through the host's memory, not by NCCL."),
    ("XDG_CACHE_HOME", "The folder of masksub/kernels, compiled kernels of CUDA devices; without it ~/.cache."),
    ("NO_COLOR", "No colours on a terminal."),
  ]

  private mutating func add(_ type: any Command.Type) {
    let form = CommandForm(of: type.init())
    section("MASKSUB \(type.name.uppercased())")
    line(".B masksub")
    plain(Self.escaped(HelpPage.usage(of: type, form)))
    line(".PP")
    words(type.summary + ".")
    if !type.discussion.isEmpty {
      line(".PP")
      words(type.discussion)
    }
    for argument in form.arguments {
      line(".TP")
      line(".I \(Self.escaped(argument.name))")
      words(argument.help)
    }
    for group in form.groups where group.title != GlobalOptions.title {
      line(".SS \(Self.escaped(group.title))")
      add(group.options)
    }
    line(".PP")
    line("Example:")
    line(".PP")
    line(".nf")
    for example in type.example.split(separator: "\n") { plain("  " + Self.escaped(String(example))) }
    line(".fi")
  }

  private mutating func add(_ options: [any OptionDeclaration]) {
    for option in options {
      line(".TP")
      line(".B \(Self.escaped(HelpPage.left(of: option)))")
      words(HelpPage.right(of: option))
    }
  }

  private mutating func line(_ content: String) { text += content + "\n" }
  private mutating func section(_ title: String) { line(".SH \(Self.escaped(title))") }
  /// A line that no leading dot or quote turns into a request.
  private mutating func plain(_ content: String) {
    line((content.hasPrefix(".") || content.hasPrefix("'") ? "\\&" : "") + content)
  }
  private mutating func words(_ content: String) { plain(Self.escaped(content)) }

  private static func escaped(_ content: String) -> String {
    let plain = content.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    return plain.unicodeScalars.reduce(into: "") { text, scalar in
      let digits = String(scalar.value, radix: 16, uppercase: true)
      text +=
        scalar.isASCII ? String(scalar) : "\\[u\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)]"
    }
  }
}
