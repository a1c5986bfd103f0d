# PowerShell: put this line into $PROFILE:
#   llmpick completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName llmpick -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object {
            if ($_.Value -is [string]) { "=$($_.Value)" } else { "=$($_.Extent.Text)" }
        })
    $begun = $wordToComplete.Trim("'", '"')
    llmpick __complete powershell @words "=$begun" 2>$null | ForEach-Object {
        $text, $meaning = $_ -split "`t", 2
        if (-not $meaning) { $meaning = $text }
        [System.Management.Automation.CompletionResult]::new(
            $text, $text, 'ParameterValue', $meaning)
    }
}
