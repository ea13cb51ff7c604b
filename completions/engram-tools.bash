# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# bash completion for all of engram-tools: one table of options, one function.

declare -gA _engram_tools_options=(
    [qcow2cat]="-f --format --backing-dir --no-backing -s --snapshot --range -o --output -q --quiet -P --progress -h --help -V --version"
    [qcow2info]="-f --format --backing-dir --no-backing -s --snapshot --map --json -q --quiet -h --help -V --version"
    [partls]="-f --format --backing-dir --no-backing --sector-size -d --dump --json -q --quiet -h --help -V --version"
    [partextract]="-f --format --backing-dir --no-backing --sector-size --range -o --output -q --quiet -P --progress -h --help -V --version"
    [partmake]="-t --type --script --size --sector-size --align --seed --boot-code -f --format --backing-dir --no-backing -o --output -q --quiet -P --progress -h --help -V --version"
    [ext4cat]="-f --format --backing-dir --no-backing -p --partition --sector-size --journal --no-verify --no-follow -o --output -q --quiet -h --help -V --version"
    [ext4walk]="-f --format --backing-dir --no-backing -p --partition --sector-size --journal --no-verify --keep-going -x --exclude -n --no-data --times -0 --null --json -o --output -q --quiet -P --progress -h --help -V --version"
    [engram-pack]="-b --base --base-dir --rules-dump --explain --dry-run --json -r --rules -j --jobs --memory -o --output -q --quiet -P --progress -h --help -V --version"
    [engram-walk]="--base-dir -x --exclude --keep-going -n --no-data -j --jobs -o --output -q --quiet -P --progress -h --help -V --version"
    [engram-ls]="--base-dir -l --long -R --recursive --directory --sha256 --stats -0 --null --json -h --help -V --version"
    [engram-cat]="--base-dir --range -o --output -h --help -V --version"
    [engram-verify]="--quick --base-dir -j --jobs -q --quiet -P --progress -h --help -V --version"
    [engram-unpack]="-x --exclude --strip-components --keep-going --no-same-owner --overwrite --base-dir -C --directory -j --jobs -q --quiet -P --progress -h --help -V --version"
    [engram-diff]="--base-dir --ignore --summary -0 --null --json -q --quiet -h --help -V --version"
)

# The values of an option that takes one of a few words.
_engram_tools_words() {
    case $1 in
    -f | --format) echo raw qcow2 ;;
    --sector-size) echo 512 1024 2048 4096 ;;
    -t | --type) echo gpt mbr ;;
    -r | --rules) echo fast balanced max ;;
    --times) echo mtime all ;;
    --journal) echo replay ignore strict ;;
    --ignore) echo link content size extent target rdev mode uid gid mtime atime ctime crtime xattr ;;
    esac
}

_engram_tools() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words
    # Of --option=value, bash makes three words; it gives the `=` alone while there is no value.
    if [ "$current" = = ]; then
        current=
    elif [ "$previous" = = ]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    words=$(_engram_tools_words "$previous")
    if [ -n "$words" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
        # Rules are words or files.
        [[ $previous != -r && $previous != --rules ]] ||
            mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$current")
    elif [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "${_engram_tools_options[${1##*/}]}" -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
}

complete -o filenames -F _engram_tools "${!_engram_tools_options[@]}"
