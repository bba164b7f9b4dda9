# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_deploywatch_global_optspecs
    string join \n i/interval= name= fresh once t/timeout= stall-timeout= wait-for-start= max-offline= on-pause= fail-fast strict logs= o/output= q/quiet events= junit= summary= timeline= capture= color= lang= bell no-history v/verbose request-timeout= cacert= insecure allow-http h/help V/version
end

function __fish_deploywatch_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_deploywatch_global_optspecs) -- $cmd 2>/dev/null
    or argparse -s (__fish_deploywatch_global_optspecs) -- $cmd '' 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_deploywatch_using_subcommand
    set -l cmd (__fish_deploywatch_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c deploywatch -n "__fish_deploywatch_needs_command" -s i -l interval -d 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]' -r
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l name -d 'Name of the deployment in output and events [default: made of its ids]' -r
complete -c deploywatch -n "__fish_deploywatch_needs_command" -s t -l timeout -d 'Give up after this long: exit code 124' -r
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l stall-timeout -d 'Give up when nothing has changed for this long: exit code 124 [default: none]' -r
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l wait-for-start -d 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]' -r
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l max-offline -d 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]' -r
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l on-pause -d 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure' -r -f -a "auto\t''
wait\t''
exit\t''"
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l logs -d 'Log lines to show of each failed unit, where the provider has a log; 0 = none' -r
complete -c deploywatch -n "__fish_deploywatch_needs_command" -s o -l output -d 'bars, plain, json or quiet; auto chooses' -r -f -a "auto\t''
bars\t''
plain\t''
json\t''
quiet\t''"
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l events -d 'Write the event stream to FILE as well' -r -F
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l junit -d 'Write a JUnit XML report to FILE at the end: a test case for each unit' -r -F
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l summary -d 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step\'s summary needs no option' -r -F
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l timeline -d 'Write an HTML page with the timeline of the deployment to FILE at the end' -r -F
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l capture -d 'Record every poll to FILE, secrets masked, for `deploywatch replay`' -r -F
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l color -d 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l lang -d 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]' -r -f -a "en\t''
zh\t''"
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l request-timeout -d 'Time limit of one request, from connecting to the last byte' -r
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l cacert -d 'Also trust the certificates in this PEM file' -r -F
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l fresh -d 'Ignore runs that finished before the watch started, and wait for a new one'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l once -d 'Poll once, print the state and exit by it: exit code 7 while it is still running'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l fail-fast -d 'Exit with code 1 as soon as one unit has failed'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l strict -d 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -s q -l quiet -d 'The same as --output quiet'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l bell -d 'Ring the terminal\'s bell at the end'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l no-history -d 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -s v -l verbose -d 'Write a line on stderr about each request: method, URL, status, bytes, time'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l insecure -d 'Do not check certificates'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -l allow-http -d 'Allow a secret to be sent over plain HTTP to another machine'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -s V -l version -d 'Print version'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -f -a "yunxiao" -d 'Alibaba Cloud Yunxiao Flow: host deploy order'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -f -a "codearts" -d 'Huawei Cloud CodeArts Deploy: deployment task'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -f -a "servicestage" -d 'Huawei Cloud ServiceStage: release task'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -f -a "mrs" -d 'Huawei MRS / FusionInsight Manager: command'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -f -a "fsd" -d 'klcloud FSD installer'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -f -a "all" -d 'Several deployments at once, from a TOML file'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -f -a "replay" -d 'Play a recorded watch again'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -f -a "demo" -d 'Watch a simulated deployment: no account, no network'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -f -a "history" -d 'How long past deployments took'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -f -a "completions" -d 'Print a shell completion script'
complete -c deploywatch -n "__fish_deploywatch_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l pipeline -d 'The pipeline\'s id, or the address of its page [env: YUNXIAO_PIPELINE_ID]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l order -d 'The deploy order\'s id [default: that of a run]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l run -d 'One run of the pipeline [default: the latest]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l job -d 'The job that makes the order, where there are more' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l organization -d 'The organization\'s id, for the central edition [env: YUNXIAO_ORGANIZATION_ID]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l endpoint -d 'The API\'s address; a Region instance has its own' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l token-file -d 'Read the access token from FILE, - for stdin [env instead: YUNXIAO_ACCESS_TOKEN]' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -s i -l interval -d 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l name -d 'Name of the deployment in output and events [default: made of its ids]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -s t -l timeout -d 'Give up after this long: exit code 124' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l stall-timeout -d 'Give up when nothing has changed for this long: exit code 124 [default: none]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l wait-for-start -d 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l max-offline -d 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l on-pause -d 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure' -r -f -a "auto\t''
wait\t''
exit\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l logs -d 'Log lines to show of each failed unit, where the provider has a log; 0 = none' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -s o -l output -d 'bars, plain, json or quiet; auto chooses' -r -f -a "auto\t''
bars\t''
plain\t''
json\t''
quiet\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l events -d 'Write the event stream to FILE as well' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l junit -d 'Write a JUnit XML report to FILE at the end: a test case for each unit' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l summary -d 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step\'s summary needs no option' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l timeline -d 'Write an HTML page with the timeline of the deployment to FILE at the end' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l capture -d 'Record every poll to FILE, secrets masked, for `deploywatch replay`' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l color -d 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l lang -d 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]' -r -f -a "en\t''
zh\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l request-timeout -d 'Time limit of one request, from connecting to the last byte' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l cacert -d 'Also trust the certificates in this PEM file' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l whole-run -d 'Watch the run itself, stage by stage and job by job'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l fresh -d 'Ignore runs that finished before the watch started, and wait for a new one'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l once -d 'Poll once, print the state and exit by it: exit code 7 while it is still running'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l fail-fast -d 'Exit with code 1 as soon as one unit has failed'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l strict -d 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -s q -l quiet -d 'The same as --output quiet'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l bell -d 'Ring the terminal\'s bell at the end'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l no-history -d 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -s v -l verbose -d 'Write a line on stderr about each request: method, URL, status, bytes, time'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l insecure -d 'Do not check certificates'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -l allow-http -d 'Allow a secret to be sent over plain HTTP to another machine'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand yunxiao" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l task -d 'The deployment task\'s id: 32 letters or digits' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l record -d 'One run of the task [default: the latest]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l application -d 'The task\'s application, for the log of a failed run' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l region -d 'The region, such as cn-north-4 [env: HW_REGION_NAME]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l endpoint -d 'The API\'s address, instead of the region\'s own' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l token-file -d 'Read the token from FILE, - for stdin [env instead: HW_AUTH_TOKEN, or an access key in HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK]' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -s i -l interval -d 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l name -d 'Name of the deployment in output and events [default: made of its ids]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -s t -l timeout -d 'Give up after this long: exit code 124' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l stall-timeout -d 'Give up when nothing has changed for this long: exit code 124 [default: none]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l wait-for-start -d 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l max-offline -d 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l on-pause -d 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure' -r -f -a "auto\t''
wait\t''
exit\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l logs -d 'Log lines to show of each failed unit, where the provider has a log; 0 = none' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -s o -l output -d 'bars, plain, json or quiet; auto chooses' -r -f -a "auto\t''
bars\t''
plain\t''
json\t''
quiet\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l events -d 'Write the event stream to FILE as well' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l junit -d 'Write a JUnit XML report to FILE at the end: a test case for each unit' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l summary -d 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step\'s summary needs no option' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l timeline -d 'Write an HTML page with the timeline of the deployment to FILE at the end' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l capture -d 'Record every poll to FILE, secrets masked, for `deploywatch replay`' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l color -d 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l lang -d 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]' -r -f -a "en\t''
zh\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l request-timeout -d 'Time limit of one request, from connecting to the last byte' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l cacert -d 'Also trust the certificates in this PEM file' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l fresh -d 'Ignore runs that finished before the watch started, and wait for a new one'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l once -d 'Poll once, print the state and exit by it: exit code 7 while it is still running'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l fail-fast -d 'Exit with code 1 as soon as one unit has failed'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l strict -d 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -s q -l quiet -d 'The same as --output quiet'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l bell -d 'Ring the terminal\'s bell at the end'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l no-history -d 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -s v -l verbose -d 'Write a line on stderr about each request: method, URL, status, bytes, time'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l insecure -d 'Do not check certificates'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -l allow-http -d 'Allow a secret to be sent over plain HTTP to another machine'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand codearts" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l project -d 'The project\'s id [env: HUAWEICLOUD_SDK_PROJECT_ID]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l release -d 'The release task\'s id' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l region -d 'The region, such as cn-north-4 [env: HW_REGION_NAME]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l endpoint -d 'The API\'s address, instead of the region\'s own' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l token-file -d 'Read the token from FILE, - for stdin [env instead: HW_AUTH_TOKEN, or an access key in HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK]' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -s i -l interval -d 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l name -d 'Name of the deployment in output and events [default: made of its ids]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -s t -l timeout -d 'Give up after this long: exit code 124' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l stall-timeout -d 'Give up when nothing has changed for this long: exit code 124 [default: none]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l wait-for-start -d 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l max-offline -d 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l on-pause -d 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure' -r -f -a "auto\t''
wait\t''
exit\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l logs -d 'Log lines to show of each failed unit, where the provider has a log; 0 = none' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -s o -l output -d 'bars, plain, json or quiet; auto chooses' -r -f -a "auto\t''
bars\t''
plain\t''
json\t''
quiet\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l events -d 'Write the event stream to FILE as well' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l junit -d 'Write a JUnit XML report to FILE at the end: a test case for each unit' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l summary -d 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step\'s summary needs no option' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l timeline -d 'Write an HTML page with the timeline of the deployment to FILE at the end' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l capture -d 'Record every poll to FILE, secrets masked, for `deploywatch replay`' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l color -d 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l lang -d 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]' -r -f -a "en\t''
zh\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l request-timeout -d 'Time limit of one request, from connecting to the last byte' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l cacert -d 'Also trust the certificates in this PEM file' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l fresh -d 'Ignore runs that finished before the watch started, and wait for a new one'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l once -d 'Poll once, print the state and exit by it: exit code 7 while it is still running'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l fail-fast -d 'Exit with code 1 as soon as one unit has failed'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l strict -d 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -s q -l quiet -d 'The same as --output quiet'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l bell -d 'Ring the terminal\'s bell at the end'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l no-history -d 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -s v -l verbose -d 'Write a line on stderr about each request: method, URL, status, bytes, time'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l insecure -d 'Do not check certificates'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -l allow-http -d 'Allow a secret to be sent over plain HTTP to another machine'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand servicestage" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l command -d 'The command\'s id' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l endpoint -d 'The cluster\'s Manager: https://FLOATING-IP:28443' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l user -d 'The user who signs in [env: MRS_USER]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l password-file -d 'Read the password from FILE, - for stdin [env instead: MRS_PASSWORD]' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l auth -d 'How to sign in: basic, cas (a Kerberos cluster of the older Manager), or none' -r -f -a "basic\t''
cas\t''
none\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -s i -l interval -d 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l name -d 'Name of the deployment in output and events [default: made of its ids]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -s t -l timeout -d 'Give up after this long: exit code 124' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l stall-timeout -d 'Give up when nothing has changed for this long: exit code 124 [default: none]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l wait-for-start -d 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l max-offline -d 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l on-pause -d 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure' -r -f -a "auto\t''
wait\t''
exit\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l logs -d 'Log lines to show of each failed unit, where the provider has a log; 0 = none' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -s o -l output -d 'bars, plain, json or quiet; auto chooses' -r -f -a "auto\t''
bars\t''
plain\t''
json\t''
quiet\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l events -d 'Write the event stream to FILE as well' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l junit -d 'Write a JUnit XML report to FILE at the end: a test case for each unit' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l summary -d 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step\'s summary needs no option' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l timeline -d 'Write an HTML page with the timeline of the deployment to FILE at the end' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l capture -d 'Record every poll to FILE, secrets masked, for `deploywatch replay`' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l color -d 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l lang -d 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]' -r -f -a "en\t''
zh\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l request-timeout -d 'Time limit of one request, from connecting to the last byte' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l cacert -d 'Also trust the certificates in this PEM file' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l fresh -d 'Ignore runs that finished before the watch started, and wait for a new one'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l once -d 'Poll once, print the state and exit by it: exit code 7 while it is still running'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l fail-fast -d 'Exit with code 1 as soon as one unit has failed'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l strict -d 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -s q -l quiet -d 'The same as --output quiet'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l bell -d 'Ring the terminal\'s bell at the end'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l no-history -d 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -s v -l verbose -d 'Write a line on stderr about each request: method, URL, status, bytes, time'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l insecure -d 'Do not check certificates'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -l allow-http -d 'Allow a secret to be sent over plain HTTP to another machine'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand mrs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l key -d 'The key of the deployment' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l operation -d 'The installer\'s operation' -r -f -a "deploy\t''
extend\t''
upgrade\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l endpoint -d 'The installer\'s address' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -s i -l interval -d 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l name -d 'Name of the deployment in output and events [default: made of its ids]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -s t -l timeout -d 'Give up after this long: exit code 124' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l stall-timeout -d 'Give up when nothing has changed for this long: exit code 124 [default: none]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l wait-for-start -d 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l max-offline -d 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l on-pause -d 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure' -r -f -a "auto\t''
wait\t''
exit\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l logs -d 'Log lines to show of each failed unit, where the provider has a log; 0 = none' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -s o -l output -d 'bars, plain, json or quiet; auto chooses' -r -f -a "auto\t''
bars\t''
plain\t''
json\t''
quiet\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l events -d 'Write the event stream to FILE as well' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l junit -d 'Write a JUnit XML report to FILE at the end: a test case for each unit' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l summary -d 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step\'s summary needs no option' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l timeline -d 'Write an HTML page with the timeline of the deployment to FILE at the end' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l capture -d 'Record every poll to FILE, secrets masked, for `deploywatch replay`' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l color -d 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l lang -d 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]' -r -f -a "en\t''
zh\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l request-timeout -d 'Time limit of one request, from connecting to the last byte' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l cacert -d 'Also trust the certificates in this PEM file' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l fresh -d 'Ignore runs that finished before the watch started, and wait for a new one'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l once -d 'Poll once, print the state and exit by it: exit code 7 while it is still running'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l fail-fast -d 'Exit with code 1 as soon as one unit has failed'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l strict -d 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -s q -l quiet -d 'The same as --output quiet'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l bell -d 'Ring the terminal\'s bell at the end'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l no-history -d 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -s v -l verbose -d 'Write a line on stderr about each request: method, URL, status, bytes, time'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l insecure -d 'Do not check certificates'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -l allow-http -d 'Allow a secret to be sent over plain HTTP to another machine'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand fsd" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l partition -d 'Watch every M-th of the deployments, from the N-th, for a job that runs M times: N from 0 or from 1' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -s i -l interval -d 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l name -d 'Name of the deployment in output and events [default: made of its ids]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -s t -l timeout -d 'Give up after this long: exit code 124' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l stall-timeout -d 'Give up when nothing has changed for this long: exit code 124 [default: none]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l wait-for-start -d 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l max-offline -d 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l on-pause -d 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure' -r -f -a "auto\t''
wait\t''
exit\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l logs -d 'Log lines to show of each failed unit, where the provider has a log; 0 = none' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -s o -l output -d 'bars, plain, json or quiet; auto chooses' -r -f -a "auto\t''
bars\t''
plain\t''
json\t''
quiet\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l events -d 'Write the event stream to FILE as well' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l junit -d 'Write a JUnit XML report to FILE at the end: a test case for each unit' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l summary -d 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step\'s summary needs no option' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l timeline -d 'Write an HTML page with the timeline of the deployment to FILE at the end' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l capture -d 'Record every poll to FILE, secrets masked, for `deploywatch replay`' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l color -d 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l lang -d 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]' -r -f -a "en\t''
zh\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l request-timeout -d 'Time limit of one request, from connecting to the last byte' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l cacert -d 'Also trust the certificates in this PEM file' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l fresh -d 'Ignore runs that finished before the watch started, and wait for a new one'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l once -d 'Poll once, print the state and exit by it: exit code 7 while it is still running'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l fail-fast -d 'Exit with code 1 as soon as one unit has failed'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l strict -d 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -s q -l quiet -d 'The same as --output quiet'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l bell -d 'Ring the terminal\'s bell at the end'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l no-history -d 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -s v -l verbose -d 'Write a line on stderr about each request: method, URL, status, bytes, time'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l insecure -d 'Do not check certificates'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -l allow-http -d 'Allow a secret to be sent over plain HTTP to another machine'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand all" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l speed -d 'Speed, as a multiple of the recorded one' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -s i -l interval -d 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l name -d 'Name of the deployment in output and events [default: made of its ids]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -s t -l timeout -d 'Give up after this long: exit code 124' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l stall-timeout -d 'Give up when nothing has changed for this long: exit code 124 [default: none]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l wait-for-start -d 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l max-offline -d 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l on-pause -d 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure' -r -f -a "auto\t''
wait\t''
exit\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l logs -d 'Log lines to show of each failed unit, where the provider has a log; 0 = none' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -s o -l output -d 'bars, plain, json or quiet; auto chooses' -r -f -a "auto\t''
bars\t''
plain\t''
json\t''
quiet\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l events -d 'Write the event stream to FILE as well' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l junit -d 'Write a JUnit XML report to FILE at the end: a test case for each unit' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l summary -d 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step\'s summary needs no option' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l timeline -d 'Write an HTML page with the timeline of the deployment to FILE at the end' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l capture -d 'Record every poll to FILE, secrets masked, for `deploywatch replay`' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l color -d 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l lang -d 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]' -r -f -a "en\t''
zh\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l request-timeout -d 'Time limit of one request, from connecting to the last byte' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l cacert -d 'Also trust the certificates in this PEM file' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l fresh -d 'Ignore runs that finished before the watch started, and wait for a new one'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l once -d 'Poll once, print the state and exit by it: exit code 7 while it is still running'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l fail-fast -d 'Exit with code 1 as soon as one unit has failed'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l strict -d 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -s q -l quiet -d 'The same as --output quiet'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l bell -d 'Ring the terminal\'s bell at the end'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l no-history -d 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -s v -l verbose -d 'Write a line on stderr about each request: method, URL, status, bytes, time'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l insecure -d 'Do not check certificates'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -l allow-http -d 'Allow a secret to be sent over plain HTTP to another machine'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l scenario -d 'How the deployment goes' -r -f -a "success\t'Everything succeeds'
failure\t'A unit fails a little after half-way, and the deployment with it'
pause\t'It waits for a person after the first batch, then goes on by itself'
cancel\t'Somebody cancels it half-way'
flaky\t'It succeeds over a bad connection, with retries'"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l units -d 'Number of units [default: depends on the provider]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l duration -d 'How long it takes' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l serve -d 'Only serve, on this address of this machine, and print the command to watch it' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -s i -l interval -d 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l name -d 'Name of the deployment in output and events [default: made of its ids]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -s t -l timeout -d 'Give up after this long: exit code 124' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l stall-timeout -d 'Give up when nothing has changed for this long: exit code 124 [default: none]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l wait-for-start -d 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l max-offline -d 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l on-pause -d 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure' -r -f -a "auto\t''
wait\t''
exit\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l logs -d 'Log lines to show of each failed unit, where the provider has a log; 0 = none' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -s o -l output -d 'bars, plain, json or quiet; auto chooses' -r -f -a "auto\t''
bars\t''
plain\t''
json\t''
quiet\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l events -d 'Write the event stream to FILE as well' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l junit -d 'Write a JUnit XML report to FILE at the end: a test case for each unit' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l summary -d 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step\'s summary needs no option' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l timeline -d 'Write an HTML page with the timeline of the deployment to FILE at the end' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l capture -d 'Record every poll to FILE, secrets masked, for `deploywatch replay`' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l color -d 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l lang -d 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]' -r -f -a "en\t''
zh\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l request-timeout -d 'Time limit of one request, from connecting to the last byte' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l cacert -d 'Also trust the certificates in this PEM file' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l whole-run -d 'Watch the whole run of the pipeline (yunxiao)'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l fresh -d 'Ignore runs that finished before the watch started, and wait for a new one'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l once -d 'Poll once, print the state and exit by it: exit code 7 while it is still running'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l fail-fast -d 'Exit with code 1 as soon as one unit has failed'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l strict -d 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -s q -l quiet -d 'The same as --output quiet'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l bell -d 'Ring the terminal\'s bell at the end'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l no-history -d 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -s v -l verbose -d 'Write a line on stderr about each request: method, URL, status, bytes, time'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l insecure -d 'Do not check certificates'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -l allow-http -d 'Allow a secret to be sent over plain HTTP to another machine'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -s i -l interval -d 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l name -d 'Name of the deployment in output and events [default: made of its ids]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -s t -l timeout -d 'Give up after this long: exit code 124' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l stall-timeout -d 'Give up when nothing has changed for this long: exit code 124 [default: none]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l wait-for-start -d 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l max-offline -d 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l on-pause -d 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure' -r -f -a "auto\t''
wait\t''
exit\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l logs -d 'Log lines to show of each failed unit, where the provider has a log; 0 = none' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -s o -l output -d 'bars, plain, json or quiet; auto chooses' -r -f -a "auto\t''
bars\t''
plain\t''
json\t''
quiet\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l events -d 'Write the event stream to FILE as well' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l junit -d 'Write a JUnit XML report to FILE at the end: a test case for each unit' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l summary -d 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step\'s summary needs no option' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l timeline -d 'Write an HTML page with the timeline of the deployment to FILE at the end' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l capture -d 'Record every poll to FILE, secrets masked, for `deploywatch replay`' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l color -d 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l lang -d 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]' -r -f -a "en\t''
zh\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l request-timeout -d 'Time limit of one request, from connecting to the last byte' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l cacert -d 'Also trust the certificates in this PEM file' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l clear -d 'Forget all of it'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l fresh -d 'Ignore runs that finished before the watch started, and wait for a new one'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l once -d 'Poll once, print the state and exit by it: exit code 7 while it is still running'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l fail-fast -d 'Exit with code 1 as soon as one unit has failed'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l strict -d 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -s q -l quiet -d 'The same as --output quiet'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l bell -d 'Ring the terminal\'s bell at the end'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l no-history -d 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -s v -l verbose -d 'Write a line on stderr about each request: method, URL, status, bytes, time'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l insecure -d 'Do not check certificates'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -l allow-http -d 'Allow a secret to be sent over plain HTTP to another machine'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -s i -l interval -d 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l name -d 'Name of the deployment in output and events [default: made of its ids]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -s t -l timeout -d 'Give up after this long: exit code 124' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l stall-timeout -d 'Give up when nothing has changed for this long: exit code 124 [default: none]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l wait-for-start -d 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l max-offline -d 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l on-pause -d 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure' -r -f -a "auto\t''
wait\t''
exit\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l logs -d 'Log lines to show of each failed unit, where the provider has a log; 0 = none' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -s o -l output -d 'bars, plain, json or quiet; auto chooses' -r -f -a "auto\t''
bars\t''
plain\t''
json\t''
quiet\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l events -d 'Write the event stream to FILE as well' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l junit -d 'Write a JUnit XML report to FILE at the end: a test case for each unit' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l summary -d 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step\'s summary needs no option' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l timeline -d 'Write an HTML page with the timeline of the deployment to FILE at the end' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l capture -d 'Record every poll to FILE, secrets masked, for `deploywatch replay`' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l color -d 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l lang -d 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]' -r -f -a "en\t''
zh\t''"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l request-timeout -d 'Time limit of one request, from connecting to the last byte' -r
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l cacert -d 'Also trust the certificates in this PEM file' -r -F
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l fresh -d 'Ignore runs that finished before the watch started, and wait for a new one'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l once -d 'Poll once, print the state and exit by it: exit code 7 while it is still running'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l fail-fast -d 'Exit with code 1 as soon as one unit has failed'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l strict -d 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -s q -l quiet -d 'The same as --output quiet'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l bell -d 'Ring the terminal\'s bell at the end'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l no-history -d 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -s v -l verbose -d 'Write a line on stderr about each request: method, URL, status, bytes, time'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l insecure -d 'Do not check certificates'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -l allow-http -d 'Allow a secret to be sent over plain HTTP to another machine'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand help; and not __fish_seen_subcommand_from yunxiao codearts servicestage mrs fsd all replay demo history completions help" -f -a "yunxiao" -d 'Alibaba Cloud Yunxiao Flow: host deploy order'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand help; and not __fish_seen_subcommand_from yunxiao codearts servicestage mrs fsd all replay demo history completions help" -f -a "codearts" -d 'Huawei Cloud CodeArts Deploy: deployment task'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand help; and not __fish_seen_subcommand_from yunxiao codearts servicestage mrs fsd all replay demo history completions help" -f -a "servicestage" -d 'Huawei Cloud ServiceStage: release task'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand help; and not __fish_seen_subcommand_from yunxiao codearts servicestage mrs fsd all replay demo history completions help" -f -a "mrs" -d 'Huawei MRS / FusionInsight Manager: command'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand help; and not __fish_seen_subcommand_from yunxiao codearts servicestage mrs fsd all replay demo history completions help" -f -a "fsd" -d 'klcloud FSD installer'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand help; and not __fish_seen_subcommand_from yunxiao codearts servicestage mrs fsd all replay demo history completions help" -f -a "all" -d 'Several deployments at once, from a TOML file'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand help; and not __fish_seen_subcommand_from yunxiao codearts servicestage mrs fsd all replay demo history completions help" -f -a "replay" -d 'Play a recorded watch again'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand help; and not __fish_seen_subcommand_from yunxiao codearts servicestage mrs fsd all replay demo history completions help" -f -a "demo" -d 'Watch a simulated deployment: no account, no network'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand help; and not __fish_seen_subcommand_from yunxiao codearts servicestage mrs fsd all replay demo history completions help" -f -a "history" -d 'How long past deployments took'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand help; and not __fish_seen_subcommand_from yunxiao codearts servicestage mrs fsd all replay demo history completions help" -f -a "completions" -d 'Print a shell completion script'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand help; and not __fish_seen_subcommand_from yunxiao codearts servicestage mrs fsd all replay demo history completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c deploywatch -n "__fish_deploywatch_using_subcommand demo" -f -a "yunxiao codearts servicestage mrs fsd"
complete -c deploywatch -n "__fish_deploywatch_using_subcommand completions" -f -a "bash elvish fish powershell zsh"
