#!/usr/bin/env bash
# Completion where it is used: in bash, zsh and fish, by their own machinery, with a key pressed where there is one.
set -euo pipefail
cd "$(dirname "$0")/../.."
has() { command -v "$1" >/dev/null 2>&1; }

if [ "${1:-}" = --can ]; then
  { has bash && has zsh && has fish; } || { has apt-get && [ "$(id -u)" = 0 ]; } ||
    { echo 'zsh or fish is not here, and apt-get cannot install it'; exit 1; }
  exit 0
fi

if ! { has zsh && has fish; }; then
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq zsh fish; } >/dev/null
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for shell in bash zsh fish; do node bin/tagboat.js completion "$shell" >"$folder/tagboat.$shell"; done
mkdir "$folder/functions" "$folder/home"
cp "$folder/tagboat.zsh" "$folder/functions/_tagboat"
export HOME="$folder/home" XDG_CONFIG_HOME="$folder/home"

failed=0
holds() { # SHELL, LINE, EXPECTED, MET
  if [ "$4" = "$3" ]; then echo "$1: after \"$2\" comes: $3"; else
    echo "$1: after \"$2\" expected: $3; met: $4"
    failed=1
  fi
}

in_bash() { # the function that `complete` names, as bash calls it
  bash --norc -c 'source "$1"; read -ra words <<<"$2x"; words[-1]=${words[-1]%x}; COMP_WORDS=("${words[@]}"); COMP_CWORD=$((${#words[@]} - 1))
    [ "$(complete -p tagboat)" = "complete -o default -F _tagboat tagboat" ] && _tagboat && echo "${COMPREPLY[@]}"' - "$folder/tagboat.bash" "$1"
}
in_fish() { fish --no-config -c "source $folder/tagboat.fish; complete -C '$1'" | cut -f1 | tr '\n' ' ' | sed 's/ $//'; }
in_zsh() { # in a terminal: the line is typed, Tab is pressed, and the line that stands there then is read
  zsh -f <<ZSH
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1= PS2=; fpath=($folder/functions \$fpath); autoload -Uz compinit && compinit -u -D; setopt no_list_beep; show() { print -r -- "<\$BUFFER>" >$folder/line }; zle -N show; bindkey "^X" show; print ready'
zpty -r shell out '*ready*ready*' 2>/dev/null
zpty -w -n shell \$'$1\t'
sleep 1
zpty -w -n shell \$'\x18'
sleep 1
zpty -d shell
ZSH
  cat "$folder/line" 2>/dev/null || echo nothing
}

while IFS='|' read -r line expected; do
  holds bash "$line" "$expected" "$(in_bash "$line")"
  holds fish "$line" "$(tr ' ' '\n' <<<"$expected" | sort | tr '\n' ' ' | sed 's/ $//')" "$(in_fish "$line" | tr ' ' '\n' | sort | tr '\n' ' ' | sed 's/ $//')"
done <<'CASES'
tagboat re|reconcile resume
tagboat create image p|policy
tagboat suspend image |repository policy update
tagboat -n apps get source |git
tagboat create image policy x --select-alpha d|desc
tagboat get -o |json yaml
tagboat create image policy x --select-n|--select-numeric
CASES

while IFS='|' read -r line expected; do
  rm -f "$folder/line"
  holds zsh "$line" "$expected" "$(in_zsh "$line")"
done <<'CASES'
tagboat rec|<tagboat reconcile >
tagboat create image p|<tagboat create image policy >
tagboat create image policy x --select-n|<tagboat create image policy x --select-numeric >
tagboat create image policy x --select-alpha d|<tagboat create image policy x --select-alpha desc >
tagboat -n apps get source g|<tagboat -n apps get source git >
CASES
exit "$failed"
