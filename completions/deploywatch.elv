
use builtin;
use str;

set edit:completion:arg-completer[deploywatch] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'deploywatch'
    var completions = [
        &'deploywatch'= {
            cand -i 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --interval 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --name 'Name of the deployment in output and events [default: made of its ids]'
            cand -t 'Give up after this long: exit code 124'
            cand --timeout 'Give up after this long: exit code 124'
            cand --stall-timeout 'Give up when nothing has changed for this long: exit code 124 [default: none]'
            cand --wait-for-start 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]'
            cand --max-offline 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]'
            cand --on-pause 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure'
            cand --logs 'Log lines to show of each failed unit, where the provider has a log; 0 = none'
            cand -o 'bars, plain, json or quiet; auto chooses'
            cand --output 'bars, plain, json or quiet; auto chooses'
            cand --events 'Write the event stream to FILE as well'
            cand --junit 'Write a JUnit XML report to FILE at the end: a test case for each unit'
            cand --summary 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step''s summary needs no option'
            cand --timeline 'Write an HTML page with the timeline of the deployment to FILE at the end'
            cand --capture 'Record every poll to FILE, secrets masked, for `deploywatch replay`'
            cand --color 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --lang 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]'
            cand --request-timeout 'Time limit of one request, from connecting to the last byte'
            cand --cacert 'Also trust the certificates in this PEM file'
            cand --fresh 'Ignore runs that finished before the watch started, and wait for a new one'
            cand --once 'Poll once, print the state and exit by it: exit code 7 while it is still running'
            cand --fail-fast 'Exit with code 1 as soon as one unit has failed'
            cand --strict 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
            cand -q 'The same as --output quiet'
            cand --quiet 'The same as --output quiet'
            cand --bell 'Ring the terminal''s bell at the end'
            cand --no-history 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
            cand -v 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --verbose 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --insecure 'Do not check certificates'
            cand --allow-http 'Allow a secret to be sent over plain HTTP to another machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand yunxiao 'Alibaba Cloud Yunxiao Flow: host deploy order'
            cand codearts 'Huawei Cloud CodeArts Deploy: deployment task'
            cand servicestage 'Huawei Cloud ServiceStage: release task'
            cand mrs 'Huawei MRS / FusionInsight Manager: command'
            cand fsd 'klcloud FSD installer'
            cand all 'Several deployments at once, from a TOML file'
            cand replay 'Play a recorded watch again'
            cand demo 'Watch a simulated deployment: no account, no network'
            cand history 'How long past deployments took'
            cand completions 'Print a shell completion script'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'deploywatch;yunxiao'= {
            cand --pipeline 'The pipeline''s id, or the address of its page [env: YUNXIAO_PIPELINE_ID]'
            cand --order 'The deploy order''s id [default: that of a run]'
            cand --run 'One run of the pipeline [default: the latest]'
            cand --job 'The job that makes the order, where there are more'
            cand --organization 'The organization''s id, for the central edition [env: YUNXIAO_ORGANIZATION_ID]'
            cand --endpoint 'The API''s address; a Region instance has its own'
            cand --token-file 'Read the access token from FILE, - for stdin [env instead: YUNXIAO_ACCESS_TOKEN]'
            cand -i 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --interval 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --name 'Name of the deployment in output and events [default: made of its ids]'
            cand -t 'Give up after this long: exit code 124'
            cand --timeout 'Give up after this long: exit code 124'
            cand --stall-timeout 'Give up when nothing has changed for this long: exit code 124 [default: none]'
            cand --wait-for-start 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]'
            cand --max-offline 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]'
            cand --on-pause 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure'
            cand --logs 'Log lines to show of each failed unit, where the provider has a log; 0 = none'
            cand -o 'bars, plain, json or quiet; auto chooses'
            cand --output 'bars, plain, json or quiet; auto chooses'
            cand --events 'Write the event stream to FILE as well'
            cand --junit 'Write a JUnit XML report to FILE at the end: a test case for each unit'
            cand --summary 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step''s summary needs no option'
            cand --timeline 'Write an HTML page with the timeline of the deployment to FILE at the end'
            cand --capture 'Record every poll to FILE, secrets masked, for `deploywatch replay`'
            cand --color 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --lang 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]'
            cand --request-timeout 'Time limit of one request, from connecting to the last byte'
            cand --cacert 'Also trust the certificates in this PEM file'
            cand --whole-run 'Watch the run itself, stage by stage and job by job'
            cand --fresh 'Ignore runs that finished before the watch started, and wait for a new one'
            cand --once 'Poll once, print the state and exit by it: exit code 7 while it is still running'
            cand --fail-fast 'Exit with code 1 as soon as one unit has failed'
            cand --strict 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
            cand -q 'The same as --output quiet'
            cand --quiet 'The same as --output quiet'
            cand --bell 'Ring the terminal''s bell at the end'
            cand --no-history 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
            cand -v 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --verbose 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --insecure 'Do not check certificates'
            cand --allow-http 'Allow a secret to be sent over plain HTTP to another machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'deploywatch;codearts'= {
            cand --task 'The deployment task''s id: 32 letters or digits'
            cand --record 'One run of the task [default: the latest]'
            cand --application 'The task''s application, for the log of a failed run'
            cand --region 'The region, such as cn-north-4 [env: HW_REGION_NAME]'
            cand --endpoint 'The API''s address, instead of the region''s own'
            cand --token-file 'Read the token from FILE, - for stdin [env instead: HW_AUTH_TOKEN, or an access key in HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK]'
            cand -i 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --interval 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --name 'Name of the deployment in output and events [default: made of its ids]'
            cand -t 'Give up after this long: exit code 124'
            cand --timeout 'Give up after this long: exit code 124'
            cand --stall-timeout 'Give up when nothing has changed for this long: exit code 124 [default: none]'
            cand --wait-for-start 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]'
            cand --max-offline 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]'
            cand --on-pause 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure'
            cand --logs 'Log lines to show of each failed unit, where the provider has a log; 0 = none'
            cand -o 'bars, plain, json or quiet; auto chooses'
            cand --output 'bars, plain, json or quiet; auto chooses'
            cand --events 'Write the event stream to FILE as well'
            cand --junit 'Write a JUnit XML report to FILE at the end: a test case for each unit'
            cand --summary 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step''s summary needs no option'
            cand --timeline 'Write an HTML page with the timeline of the deployment to FILE at the end'
            cand --capture 'Record every poll to FILE, secrets masked, for `deploywatch replay`'
            cand --color 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --lang 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]'
            cand --request-timeout 'Time limit of one request, from connecting to the last byte'
            cand --cacert 'Also trust the certificates in this PEM file'
            cand --fresh 'Ignore runs that finished before the watch started, and wait for a new one'
            cand --once 'Poll once, print the state and exit by it: exit code 7 while it is still running'
            cand --fail-fast 'Exit with code 1 as soon as one unit has failed'
            cand --strict 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
            cand -q 'The same as --output quiet'
            cand --quiet 'The same as --output quiet'
            cand --bell 'Ring the terminal''s bell at the end'
            cand --no-history 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
            cand -v 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --verbose 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --insecure 'Do not check certificates'
            cand --allow-http 'Allow a secret to be sent over plain HTTP to another machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'deploywatch;servicestage'= {
            cand --project 'The project''s id [env: HUAWEICLOUD_SDK_PROJECT_ID]'
            cand --release 'The release task''s id'
            cand --region 'The region, such as cn-north-4 [env: HW_REGION_NAME]'
            cand --endpoint 'The API''s address, instead of the region''s own'
            cand --token-file 'Read the token from FILE, - for stdin [env instead: HW_AUTH_TOKEN, or an access key in HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK]'
            cand -i 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --interval 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --name 'Name of the deployment in output and events [default: made of its ids]'
            cand -t 'Give up after this long: exit code 124'
            cand --timeout 'Give up after this long: exit code 124'
            cand --stall-timeout 'Give up when nothing has changed for this long: exit code 124 [default: none]'
            cand --wait-for-start 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]'
            cand --max-offline 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]'
            cand --on-pause 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure'
            cand --logs 'Log lines to show of each failed unit, where the provider has a log; 0 = none'
            cand -o 'bars, plain, json or quiet; auto chooses'
            cand --output 'bars, plain, json or quiet; auto chooses'
            cand --events 'Write the event stream to FILE as well'
            cand --junit 'Write a JUnit XML report to FILE at the end: a test case for each unit'
            cand --summary 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step''s summary needs no option'
            cand --timeline 'Write an HTML page with the timeline of the deployment to FILE at the end'
            cand --capture 'Record every poll to FILE, secrets masked, for `deploywatch replay`'
            cand --color 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --lang 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]'
            cand --request-timeout 'Time limit of one request, from connecting to the last byte'
            cand --cacert 'Also trust the certificates in this PEM file'
            cand --fresh 'Ignore runs that finished before the watch started, and wait for a new one'
            cand --once 'Poll once, print the state and exit by it: exit code 7 while it is still running'
            cand --fail-fast 'Exit with code 1 as soon as one unit has failed'
            cand --strict 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
            cand -q 'The same as --output quiet'
            cand --quiet 'The same as --output quiet'
            cand --bell 'Ring the terminal''s bell at the end'
            cand --no-history 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
            cand -v 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --verbose 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --insecure 'Do not check certificates'
            cand --allow-http 'Allow a secret to be sent over plain HTTP to another machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'deploywatch;mrs'= {
            cand --command 'The command''s id'
            cand --endpoint 'The cluster''s Manager: https://FLOATING-IP:28443'
            cand --user 'The user who signs in [env: MRS_USER]'
            cand --password-file 'Read the password from FILE, - for stdin [env instead: MRS_PASSWORD]'
            cand --auth 'How to sign in: basic, cas (a Kerberos cluster of the older Manager), or none'
            cand -i 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --interval 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --name 'Name of the deployment in output and events [default: made of its ids]'
            cand -t 'Give up after this long: exit code 124'
            cand --timeout 'Give up after this long: exit code 124'
            cand --stall-timeout 'Give up when nothing has changed for this long: exit code 124 [default: none]'
            cand --wait-for-start 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]'
            cand --max-offline 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]'
            cand --on-pause 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure'
            cand --logs 'Log lines to show of each failed unit, where the provider has a log; 0 = none'
            cand -o 'bars, plain, json or quiet; auto chooses'
            cand --output 'bars, plain, json or quiet; auto chooses'
            cand --events 'Write the event stream to FILE as well'
            cand --junit 'Write a JUnit XML report to FILE at the end: a test case for each unit'
            cand --summary 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step''s summary needs no option'
            cand --timeline 'Write an HTML page with the timeline of the deployment to FILE at the end'
            cand --capture 'Record every poll to FILE, secrets masked, for `deploywatch replay`'
            cand --color 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --lang 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]'
            cand --request-timeout 'Time limit of one request, from connecting to the last byte'
            cand --cacert 'Also trust the certificates in this PEM file'
            cand --fresh 'Ignore runs that finished before the watch started, and wait for a new one'
            cand --once 'Poll once, print the state and exit by it: exit code 7 while it is still running'
            cand --fail-fast 'Exit with code 1 as soon as one unit has failed'
            cand --strict 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
            cand -q 'The same as --output quiet'
            cand --quiet 'The same as --output quiet'
            cand --bell 'Ring the terminal''s bell at the end'
            cand --no-history 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
            cand -v 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --verbose 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --insecure 'Do not check certificates'
            cand --allow-http 'Allow a secret to be sent over plain HTTP to another machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'deploywatch;fsd'= {
            cand --key 'The key of the deployment'
            cand --operation 'The installer''s operation'
            cand --endpoint 'The installer''s address'
            cand -i 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --interval 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --name 'Name of the deployment in output and events [default: made of its ids]'
            cand -t 'Give up after this long: exit code 124'
            cand --timeout 'Give up after this long: exit code 124'
            cand --stall-timeout 'Give up when nothing has changed for this long: exit code 124 [default: none]'
            cand --wait-for-start 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]'
            cand --max-offline 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]'
            cand --on-pause 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure'
            cand --logs 'Log lines to show of each failed unit, where the provider has a log; 0 = none'
            cand -o 'bars, plain, json or quiet; auto chooses'
            cand --output 'bars, plain, json or quiet; auto chooses'
            cand --events 'Write the event stream to FILE as well'
            cand --junit 'Write a JUnit XML report to FILE at the end: a test case for each unit'
            cand --summary 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step''s summary needs no option'
            cand --timeline 'Write an HTML page with the timeline of the deployment to FILE at the end'
            cand --capture 'Record every poll to FILE, secrets masked, for `deploywatch replay`'
            cand --color 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --lang 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]'
            cand --request-timeout 'Time limit of one request, from connecting to the last byte'
            cand --cacert 'Also trust the certificates in this PEM file'
            cand --fresh 'Ignore runs that finished before the watch started, and wait for a new one'
            cand --once 'Poll once, print the state and exit by it: exit code 7 while it is still running'
            cand --fail-fast 'Exit with code 1 as soon as one unit has failed'
            cand --strict 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
            cand -q 'The same as --output quiet'
            cand --quiet 'The same as --output quiet'
            cand --bell 'Ring the terminal''s bell at the end'
            cand --no-history 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
            cand -v 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --verbose 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --insecure 'Do not check certificates'
            cand --allow-http 'Allow a secret to be sent over plain HTTP to another machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'deploywatch;all'= {
            edit:complete-filename $@words
            cand --partition 'Watch every M-th of the deployments, from the N-th, for a job that runs M times: N from 0 or from 1'
            cand -i 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --interval 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --name 'Name of the deployment in output and events [default: made of its ids]'
            cand -t 'Give up after this long: exit code 124'
            cand --timeout 'Give up after this long: exit code 124'
            cand --stall-timeout 'Give up when nothing has changed for this long: exit code 124 [default: none]'
            cand --wait-for-start 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]'
            cand --max-offline 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]'
            cand --on-pause 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure'
            cand --logs 'Log lines to show of each failed unit, where the provider has a log; 0 = none'
            cand -o 'bars, plain, json or quiet; auto chooses'
            cand --output 'bars, plain, json or quiet; auto chooses'
            cand --events 'Write the event stream to FILE as well'
            cand --junit 'Write a JUnit XML report to FILE at the end: a test case for each unit'
            cand --summary 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step''s summary needs no option'
            cand --timeline 'Write an HTML page with the timeline of the deployment to FILE at the end'
            cand --capture 'Record every poll to FILE, secrets masked, for `deploywatch replay`'
            cand --color 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --lang 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]'
            cand --request-timeout 'Time limit of one request, from connecting to the last byte'
            cand --cacert 'Also trust the certificates in this PEM file'
            cand --fresh 'Ignore runs that finished before the watch started, and wait for a new one'
            cand --once 'Poll once, print the state and exit by it: exit code 7 while it is still running'
            cand --fail-fast 'Exit with code 1 as soon as one unit has failed'
            cand --strict 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
            cand -q 'The same as --output quiet'
            cand --quiet 'The same as --output quiet'
            cand --bell 'Ring the terminal''s bell at the end'
            cand --no-history 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
            cand -v 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --verbose 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --insecure 'Do not check certificates'
            cand --allow-http 'Allow a secret to be sent over plain HTTP to another machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'deploywatch;replay'= {
            edit:complete-filename $@words
            cand --speed 'Speed, as a multiple of the recorded one'
            cand -i 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --interval 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --name 'Name of the deployment in output and events [default: made of its ids]'
            cand -t 'Give up after this long: exit code 124'
            cand --timeout 'Give up after this long: exit code 124'
            cand --stall-timeout 'Give up when nothing has changed for this long: exit code 124 [default: none]'
            cand --wait-for-start 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]'
            cand --max-offline 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]'
            cand --on-pause 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure'
            cand --logs 'Log lines to show of each failed unit, where the provider has a log; 0 = none'
            cand -o 'bars, plain, json or quiet; auto chooses'
            cand --output 'bars, plain, json or quiet; auto chooses'
            cand --events 'Write the event stream to FILE as well'
            cand --junit 'Write a JUnit XML report to FILE at the end: a test case for each unit'
            cand --summary 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step''s summary needs no option'
            cand --timeline 'Write an HTML page with the timeline of the deployment to FILE at the end'
            cand --capture 'Record every poll to FILE, secrets masked, for `deploywatch replay`'
            cand --color 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --lang 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]'
            cand --request-timeout 'Time limit of one request, from connecting to the last byte'
            cand --cacert 'Also trust the certificates in this PEM file'
            cand --fresh 'Ignore runs that finished before the watch started, and wait for a new one'
            cand --once 'Poll once, print the state and exit by it: exit code 7 while it is still running'
            cand --fail-fast 'Exit with code 1 as soon as one unit has failed'
            cand --strict 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
            cand -q 'The same as --output quiet'
            cand --quiet 'The same as --output quiet'
            cand --bell 'Ring the terminal''s bell at the end'
            cand --no-history 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
            cand -v 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --verbose 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --insecure 'Do not check certificates'
            cand --allow-http 'Allow a secret to be sent over plain HTTP to another machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'deploywatch;demo'= {
            put yunxiao codearts servicestage mrs fsd
            cand --scenario 'How the deployment goes'
            cand --units 'Number of units [default: depends on the provider]'
            cand --duration 'How long it takes'
            cand --serve 'Only serve, on this address of this machine, and print the command to watch it'
            cand -i 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --interval 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --name 'Name of the deployment in output and events [default: made of its ids]'
            cand -t 'Give up after this long: exit code 124'
            cand --timeout 'Give up after this long: exit code 124'
            cand --stall-timeout 'Give up when nothing has changed for this long: exit code 124 [default: none]'
            cand --wait-for-start 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]'
            cand --max-offline 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]'
            cand --on-pause 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure'
            cand --logs 'Log lines to show of each failed unit, where the provider has a log; 0 = none'
            cand -o 'bars, plain, json or quiet; auto chooses'
            cand --output 'bars, plain, json or quiet; auto chooses'
            cand --events 'Write the event stream to FILE as well'
            cand --junit 'Write a JUnit XML report to FILE at the end: a test case for each unit'
            cand --summary 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step''s summary needs no option'
            cand --timeline 'Write an HTML page with the timeline of the deployment to FILE at the end'
            cand --capture 'Record every poll to FILE, secrets masked, for `deploywatch replay`'
            cand --color 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --lang 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]'
            cand --request-timeout 'Time limit of one request, from connecting to the last byte'
            cand --cacert 'Also trust the certificates in this PEM file'
            cand --whole-run 'Watch the whole run of the pipeline (yunxiao)'
            cand --fresh 'Ignore runs that finished before the watch started, and wait for a new one'
            cand --once 'Poll once, print the state and exit by it: exit code 7 while it is still running'
            cand --fail-fast 'Exit with code 1 as soon as one unit has failed'
            cand --strict 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
            cand -q 'The same as --output quiet'
            cand --quiet 'The same as --output quiet'
            cand --bell 'Ring the terminal''s bell at the end'
            cand --no-history 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
            cand -v 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --verbose 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --insecure 'Do not check certificates'
            cand --allow-http 'Allow a secret to be sent over plain HTTP to another machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'deploywatch;history'= {
            cand -i 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --interval 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --name 'Name of the deployment in output and events [default: made of its ids]'
            cand -t 'Give up after this long: exit code 124'
            cand --timeout 'Give up after this long: exit code 124'
            cand --stall-timeout 'Give up when nothing has changed for this long: exit code 124 [default: none]'
            cand --wait-for-start 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]'
            cand --max-offline 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]'
            cand --on-pause 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure'
            cand --logs 'Log lines to show of each failed unit, where the provider has a log; 0 = none'
            cand -o 'bars, plain, json or quiet; auto chooses'
            cand --output 'bars, plain, json or quiet; auto chooses'
            cand --events 'Write the event stream to FILE as well'
            cand --junit 'Write a JUnit XML report to FILE at the end: a test case for each unit'
            cand --summary 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step''s summary needs no option'
            cand --timeline 'Write an HTML page with the timeline of the deployment to FILE at the end'
            cand --capture 'Record every poll to FILE, secrets masked, for `deploywatch replay`'
            cand --color 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --lang 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]'
            cand --request-timeout 'Time limit of one request, from connecting to the last byte'
            cand --cacert 'Also trust the certificates in this PEM file'
            cand --clear 'Forget all of it'
            cand --fresh 'Ignore runs that finished before the watch started, and wait for a new one'
            cand --once 'Poll once, print the state and exit by it: exit code 7 while it is still running'
            cand --fail-fast 'Exit with code 1 as soon as one unit has failed'
            cand --strict 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
            cand -q 'The same as --output quiet'
            cand --quiet 'The same as --output quiet'
            cand --bell 'Ring the terminal''s bell at the end'
            cand --no-history 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
            cand -v 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --verbose 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --insecure 'Do not check certificates'
            cand --allow-http 'Allow a secret to be sent over plain HTTP to another machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'deploywatch;completions'= {
            put bash elvish fish powershell zsh
            cand -i 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --interval 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]'
            cand --name 'Name of the deployment in output and events [default: made of its ids]'
            cand -t 'Give up after this long: exit code 124'
            cand --timeout 'Give up after this long: exit code 124'
            cand --stall-timeout 'Give up when nothing has changed for this long: exit code 124 [default: none]'
            cand --wait-for-start 'Wait up to this long at the start while the deployment is not there yet: a 404, a name that does not resolve, a refused connection [default: not at all]'
            cand --max-offline 'Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]'
            cand --on-pause 'When the deployment waits for a person: auto keeps watching, but a pause after a failure is a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure'
            cand --logs 'Log lines to show of each failed unit, where the provider has a log; 0 = none'
            cand -o 'bars, plain, json or quiet; auto chooses'
            cand --output 'bars, plain, json or quiet; auto chooses'
            cand --events 'Write the event stream to FILE as well'
            cand --junit 'Write a JUnit XML report to FILE at the end: a test case for each unit'
            cand --summary 'Write a summary in Markdown to FILE at the end; on GitHub Actions the step''s summary needs no option'
            cand --timeline 'Write an HTML page with the timeline of the deployment to FILE at the end'
            cand --capture 'Record every poll to FILE, secrets masked, for `deploywatch replay`'
            cand --color 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --lang 'The language of output for people; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]'
            cand --request-timeout 'Time limit of one request, from connecting to the last byte'
            cand --cacert 'Also trust the certificates in this PEM file'
            cand --fresh 'Ignore runs that finished before the watch started, and wait for a new one'
            cand --once 'Poll once, print the state and exit by it: exit code 7 while it is still running'
            cand --fail-fast 'Exit with code 1 as soon as one unit has failed'
            cand --strict 'Treat a success with caveats (machines that did not succeed, failed entities) as a failure'
            cand -q 'The same as --output quiet'
            cand --quiet 'The same as --output quiet'
            cand --bell 'Ring the terminal''s bell at the end'
            cand --no-history 'Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under CI'
            cand -v 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --verbose 'Write a line on stderr about each request: method, URL, status, bytes, time'
            cand --insecure 'Do not check certificates'
            cand --allow-http 'Allow a secret to be sent over plain HTTP to another machine'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'deploywatch;help'= {
            cand yunxiao 'Alibaba Cloud Yunxiao Flow: host deploy order'
            cand codearts 'Huawei Cloud CodeArts Deploy: deployment task'
            cand servicestage 'Huawei Cloud ServiceStage: release task'
            cand mrs 'Huawei MRS / FusionInsight Manager: command'
            cand fsd 'klcloud FSD installer'
            cand all 'Several deployments at once, from a TOML file'
            cand replay 'Play a recorded watch again'
            cand demo 'Watch a simulated deployment: no account, no network'
            cand history 'How long past deployments took'
            cand completions 'Print a shell completion script'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'deploywatch;help;yunxiao'= {
        }
        &'deploywatch;help;codearts'= {
        }
        &'deploywatch;help;servicestage'= {
        }
        &'deploywatch;help;mrs'= {
        }
        &'deploywatch;help;fsd'= {
        }
        &'deploywatch;help;all'= {
        }
        &'deploywatch;help;replay'= {
        }
        &'deploywatch;help;demo'= {
        }
        &'deploywatch;help;history'= {
        }
        &'deploywatch;help;completions'= {
        }
        &'deploywatch;help;help'= {
        }
    ]
    var values = [
        &--interval= { put }
        &-i= { put }
        &--name= { put }
        &--timeout= { put }
        &-t= { put }
        &--stall-timeout= { put }
        &--wait-for-start= { put }
        &--max-offline= { put }
        &--on-pause= { put auto wait exit }
        &--logs= { put }
        &--output= { put auto bars plain json quiet }
        &-o= { put auto bars plain json quiet }
        &--events= { edit:complete-filename $@words }
        &--junit= { edit:complete-filename $@words }
        &--summary= { edit:complete-filename $@words }
        &--timeline= { edit:complete-filename $@words }
        &--capture= { edit:complete-filename $@words }
        &--color= { put auto always never }
        &--lang= { put en zh }
        &--request-timeout= { put }
        &--cacert= { edit:complete-filename $@words }
        &--pipeline= { put }
        &--order= { put }
        &--run= { put }
        &--job= { put }
        &--organization= { put }
        &--endpoint= { put }
        &--token-file= { edit:complete-filename $@words }
        &--task= { put }
        &--record= { put }
        &--application= { put }
        &--region= { put }
        &--project= { put }
        &--release= { put }
        &--command= { put }
        &--user= { put }
        &--password-file= { edit:complete-filename $@words }
        &--auth= { put basic cas none }
        &--key= { put }
        &--operation= { put deploy extend upgrade }
        &--partition= { put }
        &--speed= { put }
        &--scenario= { put success failure pause cancel flaky }
        &--units= { put }
        &--duration= { put }
        &--serve= { put }
    ]
    for word $words[1..-1] {
        if (has-key $completions $command';'$word) {
            set command = $command';'$word
        }
    }
    if (has-key $values $words[-2]) {
        $values[$words[-2]]
    } else {
        $completions[$command]
    }
}
