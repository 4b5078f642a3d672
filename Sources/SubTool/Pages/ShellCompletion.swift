/// A shell for which completions are written.
enum Shell: String, CaseIterable, OptionValue {
  case bash, zsh, fish

  /// The script that teaches it the tool's commands, options and values.
  func script(_ words: OptionWords) -> String {
    switch self {
    case .bash: Self.bash(words)
    case .zsh: Self.zsh(words)
    case .fish: Self.fish(words)
    }
  }
}

extension Shell {
  /// bash: one function. Values come by command and option, files where neither is known.
  private static func bash(_ words: OptionWords) -> String {
    var cases = ""
    for page in words.pages {
      cases += "    \(page.name))\n      case \"$before\" in\n"
      for option in page.options where option.placeholder != nil {
        let values = OptionWords.values(of: option)
        let action =
          values.isEmpty
          ? option.takesPath ? "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$word\"))" : "COMPREPLY=()"
          : "COMPREPLY=($(compgen -W \(OptionWords.quoted(values.joined(separator: " "))) -- \"$word\"))"
        cases += "        \(option.spelling)) \(action); return ;;\n"
      }
      let options = page.options.map(\.spelling).joined(separator: " ")
      cases += "      esac\n      options=\(OptionWords.quoted(options))\n"
      cases += "      words=\(OptionWords.quoted(page.words.joined(separator: " ")))\n      ;;\n"
    }
    return """
      # masksub completions for bash: source this file, or put it into ~/.local/share/bash-completion/completions/masksub
      _masksub() {
        local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} options words=
        # bash takes --option=value apart.
        if [[ "$before" == "=" ]]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi
        if [[ "$word" == "=" ]]; then word=; fi
        if ((COMP_CWORD == 1)); then
          COMPREPLY=($(compgen -W \(OptionWords.quoted(commandWords(words))) -- "$word"))
          return
        fi
        case "${COMP_WORDS[1]}" in
      \(cases)    *) return ;;
        esac
        if [[ "$word" == -* ]]; then
          COMPREPLY=($(compgen -W "$options" -- "$word"))
        else
          compopt -o filenames
          COMPREPLY=($(compgen -W "$words" -- "$word") $(compgen -f -- "$word"))
        fi
      }
      complete -F _masksub masksub

      """
  }

  /// zsh: `_arguments` by command, with every option's one line of help.
  private static func zsh(_ words: OptionWords) -> String {
    func escaped(_ text: String) -> String {
      text.reduce(into: "") { $0 += "[]:\\".contains($1) ? "\\\($1)" : String($1) }
    }
    var cases = ""
    for page in words.pages {
      cases += "    \(page.name))\n      _arguments \\\n"
      for option in page.options {
        let values = OptionWords.values(of: option)
        let star = option.isRepeatable ? "*" : ""
        let action =
          option.placeholder == nil
          ? ""
          : values.isEmpty
            ? option.takesPath ? ":value:_files" : ":value: " : ":value:(\(values.joined(separator: " ")))"
        let equals = option.placeholder == nil ? "" : "="
        cases +=
          "        \(OptionWords.quoted("\(star)\(option.spelling)\(equals)[\(escaped(option.help))]\(action)")) \\\n"
      }
      let rest = page.words.isEmpty ? "_files" : "(\(page.words.joined(separator: " ")))"
      cases += "        \(OptionWords.quoted("*:argument:\(rest)"))\n      ;;\n"
    }
    let commands = words.pages.map { "    \(OptionWords.quoted("\($0.name):\(escaped($0.summary))"))\n" }.joined()
    return """
      #compdef masksub
      # masksub completions for zsh: put this file as _masksub into a folder of $fpath
      _masksub() {
        local -a commands
        commands=(
      \(commands)  )
        if ((CURRENT == 2)); then
          _describe 'command' commands
          _values 'option' --help --version
          return
        fi
        local command=$words[2]
        shift words
        ((CURRENT--))
        case $command in
      \(cases)  esac
      }
      if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _masksub "$@"; else compdef _masksub masksub; fi

      """
  }

  /// fish: a line per command and option.
  private static func fish(_ words: OptionWords) -> String {
    var lines = [
      "# masksub completions for fish: put this file as masksub.fish into ~/.config/fish/completions",
      "complete -c masksub -n __fish_use_subcommand -l help -d 'the commands'",
      "complete -c masksub -n __fish_use_subcommand -l version -d 'the version'",
    ]
    for page in words.pages {
      lines.append(
        "complete -c masksub -n __fish_use_subcommand -f -a \(page.name) -d \(OptionWords.quoted(page.summary))")
      let seen = "-n '__fish_seen_subcommand_from \(page.name)'"
      if !page.words.isEmpty {
        lines.append("complete -c masksub \(seen) -f -a \(OptionWords.quoted(page.words.joined(separator: " ")))")
      }
      for option in page.options {
        let values = OptionWords.values(of: option)
        let value =
          option.placeholder == nil
          ? ""
          : values.isEmpty
            ? option.takesPath ? " -r -F" : " -x" : " -x -a \(OptionWords.quoted(values.joined(separator: " ")))"
        lines.append(
          "complete -c masksub \(seen) -l \(option.spelling.dropFirst(2))\(value) -d \(OptionWords.quoted(option.help))"
        )
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func commandWords(_ words: OptionWords) -> String {
    (words.pages.map(\.name) + ["help", "--help", "--version"]).joined(separator: " ")
  }
}
