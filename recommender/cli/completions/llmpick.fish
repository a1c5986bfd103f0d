# fish: put this line into ~/.config/fish/config.fish:  llmpick completion fish | source
function __llmpick_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l begun (commandline -ct | string replace -r '^["\']' '' | string replace -a '\\ ' ' ')
    set -l found ($program __complete fish $words "$begun" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path "$begun"
    end
end
complete -c llmpick -f -a '(__llmpick_complete)'
