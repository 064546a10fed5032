# shellcheck shell=bash disable=SC2154
# What compiles a Debian source package to WebAssembly; sourced by build-sodium-wasm and build-qrcode-wasm.
#
# The source package is the one that Debian's own library comes from, fetched and verified by apt. The compiler and
# linker are those of the Swift toolchain. Needs: dpkg-dev wasi-libc libclang-rt-14-dev-wasm32. Who sources this sets
# `root` and `work`, the folder that everything in between goes to.

fail() {
  echo "$(basename "$0"): $1" >&2
  exit 1
}

# The toolchain's clang, wherever `swift` (perhaps a link) leads.
find_clang() {
  local swift
  swift=$(command -v swift) || fail 'no swift on the PATH; its clang and wasm-ld compile the WebAssembly'
  clang=$(dirname "$(readlink -f "$swift")")/clang
  if [[ ! -x $clang ]]; then
    clang=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": *"\(.*\)\/lib\/swift".*/\1\/bin\/clang/p')
  fi
  [[ -x $clang ]] || fail 'the Swift toolchain has no clang'
  [[ -x $(dirname "$clang")/wasm-ld ]] || fail 'the Swift toolchain has no wasm-ld'
}

find_libraries() {
  [[ -f /usr/lib/wasm32-wasi/libc.a ]] || fail 'wasi-libc is not installed'
  builtins=$(find /usr/lib/llvm-* -name 'libclang_rt.builtins-wasm32.a' 2>/dev/null | sort -V | tail -n 1)
  [[ -n $builtins ]] || fail 'libclang-rt-14-dev-wasm32 is not installed'
}

# Everything that any result depends on: what compiles it. The caller adds what is its own.
toolchain_fingerprint() {
  cat "${BASH_SOURCE[0]}"
  "$clang" --version
  dpkg-query -W wasi-libc 'libclang-rt-*-dev-wasm32' 2>/dev/null || true
}

# apt with a source list of its own, so that the machine's stays as it is: the suites that the machine's own lists name
# (whatever form they have, and whether or not they were fetched), asked for sources.
#
# Of the package only the upstream archive is fetched, checked by apt like all of it, where the caller says
# --upstream: what Debian adds there is packaging, and nothing of it is compiled.
fetch_source() { # PACKAGE [--upstream]
  local apt=$work/apt log=$work/apt.log codename archive part=(--only-source)
  [[ ${2-} != --upstream ]] || part+=(--tar-only)
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
  rm -rf "$apt" "$work/source"
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$work/source"
  local options=(
    -q -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root
  )
  apt-get "${options[@]}" --print-uris update |
    sed -n "s|^'\(.*\)/dists/\(${codename}[^/]*\)/InRelease'.*|deb-src \1 \2 main|p" >"$apt/sources.list"
  [[ -s $apt/sources.list ]] || fail 'apt names no Debian suite to take the source from'
  options+=(-o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=-)
  if ! { apt-get "${options[@]}" update &&
    (cd "$work/source" && apt-get "${options[@]}" source "${part[@]}" "$1"); } >"$log" 2>&1; then
    cat "$log" >&2
    fail "apt could not fetch the source of $1; its own words are above"
  fi
  archive=$(find "$work/source" -name '*.orig.tar.*')
  [[ ${2-} != --upstream ]] || tar -xf "$archive" -C "$work/source"
  source=$(find "$work/source" -mindepth 1 -maxdepth 1 -type d)
}

# Builds if anything has changed, whole or not at all, and puts the SHA-256 beside it.
build_if_changed() { # OUTPUT INPUTS PACKAGE [--upstream], and the caller's `compile FILE SOURCE`
  local output=$1 inputs=$2 name stamp
  name=$(basename "$output")
  stamp=$work/$name.inputs
  if [[ ! -f $stamp || $(<"$stamp") != "$inputs" ]] || ! digest_matches "$output"; then
    mkdir -p "$work" "$(dirname "$output")"
    fetch_source "${@:3}"
    compile "$work/new.wasm" "$source"
    mv "$work/new.wasm" "$output"
    (cd "$(dirname "$output")" && sha256sum "$name" >"$name.sha256")
    chmod 644 "$output"
    echo "$inputs" >"$stamp"
  fi
  echo "$name: $(wc -c <"$output") bytes, SHA-256 $(cut -d ' ' -f 1 "$output.sha256")"
}

digest_matches() { # OUTPUT
  [[ -f $1 && -f $1.sha256 ]] && (cd "$(dirname "$1")" && sha256sum --status -c "$(basename "$1").sha256")
}
