#!/usr/bin/env bash
# UNTRIED: written from published addresses and checksums, never run against the server itself.
# Fetches GLUE from its official address and lays it out as `masksub glue --data FOLDER/TASK` reads it.
#   scripts/fetch-glue.sh [FOLDER [TASK…]]    default: glue, every task
#   tasks: CoLA SST-2 MRPC STS-B QQP MNLI QNLI RTE WNLI AX
set -euo pipefail

address=https://dl.fbaipublicfiles.com/glue/data
folder=${1:-glue}
shift $(($# > 0 ? 1 : 0))
tasks=("$@")
((${#tasks[@]})) || tasks=(CoLA SST-2 MRPC STS-B QQP MNLI QNLI RTE WNLI AX)
fail() { echo "fetch-glue: error: $*" >&2; exit 1; }
for tool in curl python3 sha256sum; do
  command -v "$tool" >/dev/null || fail "there is no $tool (PATH): install it"
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# get ADDRESS FILE [SHA256-PREFIX]
get() {
  echo "fetching $1" >&2
  curl --fail --location --retry 3 --silent --show-error --output "$2" "$1" ||
    fail "$1 could not be fetched: try again later"
  [[ -z "${3:-}" || "$(sha256sum <"$2" | cut -c 1-${#3})" == "$3" ]] ||
    fail "$1 is not the file expected (its sha256 does not begin with $3): it may have been replaced"
}

# zipped TASK ZIP SHA256-PREFIX: every zip holds one folder, named after the task.
zipped() {
  get "$address/$2" "$work/$2" "$3"
  python3 -m zipfile -e "$work/$2" "$work/unpacked-$1"
  [[ -e "$work/unpacked-$1/$1/train.tsv" ]] || fail "$2 holds no $1/train.tsv: its layout has changed"
  rm -rf "${folder:?}/$1"
  mv "$work/unpacked-$1/$1" "$folder/$1"
}

# MRPC is not in the set of zips: it is made from the corpus, with GLUE's list of the development pairs.
mrpc() {
  local corpus=https://dl.fbaipublicfiles.com/senteval/senteval_data
  get "$corpus/msr_paraphrase_train.txt" "$work/msr_train.txt"
  get "$corpus/msr_paraphrase_test.txt" "$work/msr_test.txt"
  get "$address/mrpc_dev_ids.tsv" "$work/dev_ids.tsv" 971d7767d81b
  python3 - "$work" "$folder/MRPC" <<'END'
import os, sys
work, target = sys.argv[1:]
os.makedirs(target, exist_ok=True)
def lines(name):  # one of the files starts with a byte order mark
    with open(os.path.join(work, name), encoding="utf-8-sig", newline="\n") as file:
        return [line.rstrip("\r\n") for line in file if line.strip()]
dev = {tuple(line.split("\t")[:2]) for line in lines("dev_ids.tsv")}
head, *rows = lines("msr_train.txt")
assert len(rows) == 4076, f"{len(rows)} pairs where 4076 were expected"
parts = {"dev.tsv": [], "train.tsv": []}
for row in rows:
    parts["dev.tsv" if tuple(row.split("\t")[1:3]) in dev else "train.tsv"].append(row)
for name, kept in parts.items():
    with open(os.path.join(target, name), "w", encoding="utf-8", newline="\n") as file:
        file.write("\n".join([head, *kept]) + "\n")
with open(os.path.join(target, "test.tsv"), "w", encoding="utf-8", newline="\n") as file:
    file.write("index\t#1 ID\t#2 ID\t#1 String\t#2 String\n")
    for index, row in enumerate(lines("msr_test.txt")[1:]):
        file.write("\t".join([str(index), *row.split("\t")[1:5]]) + "\n")
END
}

mkdir -p "$folder"
for task in "${tasks[@]}"; do
  case "$task" in
    CoLA) zipped CoLA CoLA.zip f212fcd832b8 ;;
    SST-2) zipped SST-2 SST-2.zip d67e16fb5573 ;;
    STS-B) zipped STS-B STS-B.zip e60a6393de5a ;;
    QQP) zipped QQP QQP-clean.zip 40e7c862c04e ;;
    MNLI) zipped MNLI MNLI.zip e7c1d896d26e ;;
    QNLI) zipped QNLI QNLIv2.zip e634e78627a2 ;;
    RTE) zipped RTE RTE.zip 6bf86de103ec ;;
    WNLI) zipped WNLI WNLI.zip ae0e8e4d16f4 ;;
    MRPC) mrpc ;;
    AX)
      mkdir -p "$folder/AX"
      get "$address/AX.tsv" "$work/AX.tsv" 0e13510b1bb1
      mv "$work/AX.tsv" "$folder/AX/AX.tsv"
      ;;
    *) fail "there is no task $task: choose among CoLA SST-2 MRPC STS-B QQP MNLI QNLI RTE WNLI AX" ;;
  esac
done
echo "$folder holds: ${tasks[*]}" >&2
