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
    page.line(".TP")
    page.line(".B MASKSUB_HOME")
    page.words("The folder that holds the embedded datasets/ and tokenizers/.")
    page.line(".TP")
    page.line(".B NO_COLOR")
    page.words("No colours on a terminal.")
    return page.text
  }

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
