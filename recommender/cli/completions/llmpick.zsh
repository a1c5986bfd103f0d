#compdef llmpick
# zsh: write this to a file called _llmpick in a folder of $fpath, or put this line into ~/.zshrc
# after compinit:  eval "$(llmpick completion zsh)"
_llmpick() {
    local line name
    local -a found
    while IFS= read -r line; do
        name=${${line%%$'\t'*}//:/\\:}
        [[ $line == *$'\t'* ]] && name+=":${line#*$'\t'}"
        found+=("$name")
    done < <("${(Q)words[1]}" __complete zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)
    if (( $#found )); then
        _describe llmpick found -M 'm:{a-zA-Z}={A-Za-z}'
    else
        _files
    fi
}
if [ "$funcstack[1]" = _llmpick ]; then
    _llmpick "$@"
else
    compdef _llmpick llmpick
fi
