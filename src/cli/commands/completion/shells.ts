/** Completion scripts. All words are plain: letters, digits and dashes. */

export interface Vocabulary {
  /** By the first word of the command line (empty: it is this one), what may stand here. */
  readonly words: ReadonlyMap<string, readonly string[]>;
}

const cases = (words: Vocabulary["words"], line: (first: string, list: string) => string): string =>
  [...words].filter(([first]) => first !== "").map(([first, list]) => line(first, list.join(" "))).join("\n");

export const SHELLS: {
  readonly bash: (vocabulary: Vocabulary) => string;
  readonly zsh: (vocabulary: Vocabulary) => string;
  readonly fish: (vocabulary: Vocabulary) => string;
} = {
  bash: ({ words }) =>
    `\
# comqtt completion for bash
_comqtt() {
  local current="\${COMP_WORDS[COMP_CWORD]}" list
  if [ "$COMP_CWORD" -eq 1 ]; then
    list="${words.get("")!.join(" ")}"
  else
    case "\${COMP_WORDS[1]}" in
${cases(words, (first, list) => `      ${first}) list="${list}" ;;`)}
      *) list="${words.get("")!.filter((word) => word.startsWith("-")).join(" ")}" ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$list" -- "$current"))
  # Values of options may be files.
  if [ "\${#COMPREPLY[@]}" -eq 0 ]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -F _comqtt comqtt
`,
  zsh: ({ words }) =>
    `\
#compdef comqtt
# comqtt completion for zsh
_comqtt() {
  local -a list
  if (( CURRENT == 2 )); then
    list=(${words.get("")!.join(" ")})
  else
    case "$words[2]" in
${cases(words, (first, list) => `      ${first}) list=(${list}) ;;`)}
      *) list=(${words.get("")!.filter((word) => word.startsWith("-")).join(" ")}) ;;
    esac
  fi
  compadd -a list || _files
}
if [ "$funcstack[1]" = "_comqtt" ]; then _comqtt "$@"; else compdef _comqtt comqtt; fi
`,
  fish: ({ words }) =>
    `\
# comqtt completion for fish
complete -c comqtt -n __fish_use_subcommand -a "${words.get("")!.join(" ")}"
${cases(words, (first, list) => `complete -c comqtt -n "__fish_seen_subcommand_from ${first}" -a "${list}"`)}
`,
};

export type Shell = keyof typeof SHELLS;
