# Sourced: programs of Debian and its kin, each in a package of its own name.

# can_install PROGRAM…: says why not, if not.
can_install() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null && continue
    command -v apt-get >/dev/null || { echo "$program is not installed, and there is no apt-get to install it"; return 1; }
    [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || { echo "$program is not installed, and only root may install it"; return 1; }
  done
}

install() {
  local program missing=() as=()
  for program in "$@"; do command -v "$program" >/dev/null || missing+=("$program"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || as=(sudo -n)
  # Stale lists of packages are the usual reason for a first refusal.
  DEBIAN_FRONTEND=noninteractive "${as[@]}" apt-get install -y --no-install-recommends "${missing[@]}" ||
    { "${as[@]}" apt-get update && DEBIAN_FRONTEND=noninteractive "${as[@]}" apt-get install -y --no-install-recommends "${missing[@]}"; }
}
