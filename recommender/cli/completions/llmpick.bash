# bash: put this line into ~/.bashrc:  eval "$(llmpick completion bash)"
_llmpick() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <("$1" __complete bash "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
}
complete -o default -F _llmpick llmpick
