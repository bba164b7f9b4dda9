
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'deploywatch' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'deploywatch'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'deploywatch' {
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Give up after this long, time asleep counted: exit code 124 [default: none]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long, time asleep counted: exit code 124 [default: none]')
            [CompletionResult]::new('--stall-timeout', '--stall-timeout', [CompletionResultType]::ParameterName, 'Give up when nothing has changed for this long: exit code 124 [default: none]')
            [CompletionResult]::new('--max-offline', '--max-offline', [CompletionResultType]::ParameterName, 'How long polls may fail in a row before contact counts as lost: exit code 6; 0s = the first failure')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'How long one request may take, from connecting to the last byte')
            [CompletionResult]::new('--on-pause', '--on-pause', [CompletionResultType]::ParameterName, 'When the deployment waits for a person: auto watches on, but a pause after a failure is a failure; wait always watches on; exit ends with code 4, or 1 after a failure')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to show the watch: bars is a live picture on stderr, plain a line for each change, json an event per line, quiet only what went wrong; auto is bars at a terminal, else plain')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to show the watch: bars is a live picture on stderr, plain a line for each change, json an event per line, quiet only what went wrong; auto is bars at a terminal, else plain')
            [CompletionResult]::new('--events', '--events', [CompletionResultType]::ParameterName, 'Write the event stream to FILE as well')
            [CompletionResult]::new('--junit', '--junit', [CompletionResultType]::ParameterName, 'Write a JUnit XML report to FILE at the end: a test case for each unit')
            [CompletionResult]::new('--summary', '--summary', [CompletionResultType]::ParameterName, 'Write a summary in Markdown to FILE at the end; GitHub Actions gets one without being asked')
            [CompletionResult]::new('--capture', '--capture', [CompletionResultType]::ParameterName, 'Write every poll to FILE as it came, secrets masked, for `deploywatch replay`')
            [CompletionResult]::new('--logs', '--logs', [CompletionResultType]::ParameterName, 'The last lines shown of the log of each failed unit, where the provider has one; 0 = none')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates of this PEM bundle as well')
            [CompletionResult]::new('--fresh', '--fresh', [CompletionResultType]::ParameterName, 'Pass over a run that had ended when the watch began, and wait for a new one')
            [CompletionResult]::new('--once', '--once', [CompletionResultType]::ParameterName, 'One poll: print the state and exit by it; still going is exit code 7')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Exit code 1 as soon as one unit has failed')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'A success with skipped machines (yunxiao) or failed entities (mrs) is a failure')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The same as --output quiet')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The same as --output quiet')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Write a line on stderr about each request: method, URL, status, bytes, time')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Write a line on stderr about each request: method, URL, status, bytes, time')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check certificates')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Send a secret over plain HTTP to a host that is not this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('yunxiao', 'yunxiao', [CompletionResultType]::ParameterValue, 'Alibaba Cloud Yunxiao Flow: host deploy order')
            [CompletionResult]::new('codearts', 'codearts', [CompletionResultType]::ParameterValue, 'Huawei Cloud CodeArts Deploy: deployment task')
            [CompletionResult]::new('servicestage', 'servicestage', [CompletionResultType]::ParameterValue, 'Huawei Cloud ServiceStage: release task')
            [CompletionResult]::new('mrs', 'mrs', [CompletionResultType]::ParameterValue, 'Huawei MRS / FusionInsight Manager: command')
            [CompletionResult]::new('fsd', 'fsd', [CompletionResultType]::ParameterValue, 'klcloud FSD installer')
            [CompletionResult]::new('all', 'all', [CompletionResultType]::ParameterValue, 'Several deployments at once, from a TOML file')
            [CompletionResult]::new('replay', 'replay', [CompletionResultType]::ParameterValue, 'Play a recorded watch again')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Watch a simulated deployment: no account, no network')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a shell completion script')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'deploywatch;yunxiao' {
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'The pipeline''s id [env: YUNXIAO_PIPELINE_ID]')
            [CompletionResult]::new('--order', '--order', [CompletionResultType]::ParameterName, 'The deploy order''s id [default: the one that a run of the pipeline makes]; given again, it watches several at once')
            [CompletionResult]::new('--run', '--run', [CompletionResultType]::ParameterName, 'The id of the run that makes the order [default: the latest run]')
            [CompletionResult]::new('--job', '--job', [CompletionResultType]::ParameterName, 'The name or the id of the job that makes the order, where the run has several deploy jobs')
            [CompletionResult]::new('--organization', '--organization', [CompletionResultType]::ParameterName, 'The organization''s id: given for the central edition, left out for a Region instance; YUNXIAO_EDITION=central or region overrides that [env: YUNXIAO_ORGANIZATION_ID, ALIBABA_CLOUD_YUNXIAO_ORGANIZATION_ID]')
            [CompletionResult]::new('--endpoint', '--endpoint', [CompletionResultType]::ParameterName, 'Where the API is; a Region instance has its own [env: YUNXIAO_API_BASE_URL] [default: https://openapi-rdc.aliyuncs.com]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the access token from FILE, - for stdin [env instead: YUNXIAO_ACCESS_TOKEN, ALIBABA_CLOUD_YUNXIAO_ACCESS_TOKEN]')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Give up after this long, time asleep counted: exit code 124 [default: none]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long, time asleep counted: exit code 124 [default: none]')
            [CompletionResult]::new('--stall-timeout', '--stall-timeout', [CompletionResultType]::ParameterName, 'Give up when nothing has changed for this long: exit code 124 [default: none]')
            [CompletionResult]::new('--max-offline', '--max-offline', [CompletionResultType]::ParameterName, 'How long polls may fail in a row before contact counts as lost: exit code 6; 0s = the first failure')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'How long one request may take, from connecting to the last byte')
            [CompletionResult]::new('--on-pause', '--on-pause', [CompletionResultType]::ParameterName, 'When the deployment waits for a person: auto watches on, but a pause after a failure is a failure; wait always watches on; exit ends with code 4, or 1 after a failure')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to show the watch: bars is a live picture on stderr, plain a line for each change, json an event per line, quiet only what went wrong; auto is bars at a terminal, else plain')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to show the watch: bars is a live picture on stderr, plain a line for each change, json an event per line, quiet only what went wrong; auto is bars at a terminal, else plain')
            [CompletionResult]::new('--events', '--events', [CompletionResultType]::ParameterName, 'Write the event stream to FILE as well')
            [CompletionResult]::new('--junit', '--junit', [CompletionResultType]::ParameterName, 'Write a JUnit XML report to FILE at the end: a test case for each unit')
            [CompletionResult]::new('--summary', '--summary', [CompletionResultType]::ParameterName, 'Write a summary in Markdown to FILE at the end; GitHub Actions gets one without being asked')
            [CompletionResult]::new('--capture', '--capture', [CompletionResultType]::ParameterName, 'Write every poll to FILE as it came, secrets masked, for `deploywatch replay`')
            [CompletionResult]::new('--logs', '--logs', [CompletionResultType]::ParameterName, 'The last lines shown of the log of each failed unit, where the provider has one; 0 = none')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates of this PEM bundle as well')
            [CompletionResult]::new('--fresh', '--fresh', [CompletionResultType]::ParameterName, 'Pass over a run that had ended when the watch began, and wait for a new one')
            [CompletionResult]::new('--once', '--once', [CompletionResultType]::ParameterName, 'One poll: print the state and exit by it; still going is exit code 7')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Exit code 1 as soon as one unit has failed')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'A success with skipped machines (yunxiao) or failed entities (mrs) is a failure')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The same as --output quiet')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The same as --output quiet')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Write a line on stderr about each request: method, URL, status, bytes, time')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Write a line on stderr about each request: method, URL, status, bytes, time')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check certificates')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Send a secret over plain HTTP to a host that is not this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'deploywatch;codearts' {
            [CompletionResult]::new('--task', '--task', [CompletionResultType]::ParameterName, 'The deployment task''s id: 32 letters or digits')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'The id of one run of the task [default: the latest run]')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'The region, of which the endpoint is made [env: HW_REGION_NAME]')
            [CompletionResult]::new('--endpoint', '--endpoint', [CompletionResultType]::ParameterName, 'Where the API is, instead of the region''s own endpoint')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the token from FILE, - for stdin [env instead: HW_AUTH_TOKEN, or an access key in HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK or HW_ACCESS_KEY and HW_SECRET_KEY, with HUAWEICLOUD_SDK_SECURITY_TOKEN or HW_SECURITY_TOKEN where it is temporary]')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Give up after this long, time asleep counted: exit code 124 [default: none]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long, time asleep counted: exit code 124 [default: none]')
            [CompletionResult]::new('--stall-timeout', '--stall-timeout', [CompletionResultType]::ParameterName, 'Give up when nothing has changed for this long: exit code 124 [default: none]')
            [CompletionResult]::new('--max-offline', '--max-offline', [CompletionResultType]::ParameterName, 'How long polls may fail in a row before contact counts as lost: exit code 6; 0s = the first failure')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'How long one request may take, from connecting to the last byte')
            [CompletionResult]::new('--on-pause', '--on-pause', [CompletionResultType]::ParameterName, 'When the deployment waits for a person: auto watches on, but a pause after a failure is a failure; wait always watches on; exit ends with code 4, or 1 after a failure')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to show the watch: bars is a live picture on stderr, plain a line for each change, json an event per line, quiet only what went wrong; auto is bars at a terminal, else plain')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to show the watch: bars is a live picture on stderr, plain a line for each change, json an event per line, quiet only what went wrong; auto is bars at a terminal, else plain')
            [CompletionResult]::new('--events', '--events', [CompletionResultType]::ParameterName, 'Write the event stream to FILE as well')
            [CompletionResult]::new('--junit', '--junit', [CompletionResultType]::ParameterName, 'Write a JUnit XML report to FILE at the end: a test case for each unit')
            [CompletionResult]::new('--summary', '--summary', [CompletionResultType]::ParameterName, 'Write a summary in Markdown to FILE at the end; GitHub Actions gets one without being asked')
            [CompletionResult]::new('--capture', '--capture', [CompletionResultType]::ParameterName, 'Write every poll to FILE as it came, secrets masked, for `deploywatch replay`')
            [CompletionResult]::new('--logs', '--logs', [CompletionResultType]::ParameterName, 'The last lines shown of the log of each failed unit, where the provider has one; 0 = none')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates of this PEM bundle as well')
            [CompletionResult]::new('--fresh', '--fresh', [CompletionResultType]::ParameterName, 'Pass over a run that had ended when the watch began, and wait for a new one')
            [CompletionResult]::new('--once', '--once', [CompletionResultType]::ParameterName, 'One poll: print the state and exit by it; still going is exit code 7')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Exit code 1 as soon as one unit has failed')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'A success with skipped machines (yunxiao) or failed entities (mrs) is a failure')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The same as --output quiet')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The same as --output quiet')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Write a line on stderr about each request: method, URL, status, bytes, time')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Write a line on stderr about each request: method, URL, status, bytes, time')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check certificates')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Send a secret over plain HTTP to a host that is not this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'deploywatch;servicestage' {
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'The project''s id [env: HUAWEICLOUD_SDK_PROJECT_ID, HW_PROJECT_ID]')
            [CompletionResult]::new('--release', '--release', [CompletionResultType]::ParameterName, 'The release task''s id')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'The region, of which the endpoint is made [env: HW_REGION_NAME]')
            [CompletionResult]::new('--endpoint', '--endpoint', [CompletionResultType]::ParameterName, 'Where the API is, instead of the region''s own endpoint')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the token from FILE, - for stdin [env instead: HW_AUTH_TOKEN, or an access key in HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK or HW_ACCESS_KEY and HW_SECRET_KEY, with HUAWEICLOUD_SDK_SECURITY_TOKEN or HW_SECURITY_TOKEN where it is temporary]')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Give up after this long, time asleep counted: exit code 124 [default: none]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long, time asleep counted: exit code 124 [default: none]')
            [CompletionResult]::new('--stall-timeout', '--stall-timeout', [CompletionResultType]::ParameterName, 'Give up when nothing has changed for this long: exit code 124 [default: none]')
            [CompletionResult]::new('--max-offline', '--max-offline', [CompletionResultType]::ParameterName, 'How long polls may fail in a row before contact counts as lost: exit code 6; 0s = the first failure')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'How long one request may take, from connecting to the last byte')
            [CompletionResult]::new('--on-pause', '--on-pause', [CompletionResultType]::ParameterName, 'When the deployment waits for a person: auto watches on, but a pause after a failure is a failure; wait always watches on; exit ends with code 4, or 1 after a failure')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to show the watch: bars is a live picture on stderr, plain a line for each change, json an event per line, quiet only what went wrong; auto is bars at a terminal, else plain')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to show the watch: bars is a live picture on stderr, plain a line for each change, json an event per line, quiet only what went wrong; auto is bars at a terminal, else plain')
            [CompletionResult]::new('--events', '--events', [CompletionResultType]::ParameterName, 'Write the event stream to FILE as well')
            [CompletionResult]::new('--junit', '--junit', [CompletionResultType]::ParameterName, 'Write a JUnit XML report to FILE at the end: a test case for each unit')
            [CompletionResult]::new('--summary', '--summary', [CompletionResultType]::ParameterName, 'Write a summary in Markdown to FILE at the end; GitHub Actions gets one without being asked')
            [CompletionResult]::new('--capture', '--capture', [CompletionResultType]::ParameterName, 'Write every poll to FILE as it came, secrets masked, for `deploywatch replay`')
            [CompletionResult]::new('--logs', '--logs', [CompletionResultType]::ParameterName, 'The last lines shown of the log of each failed unit, where the provider has one; 0 = none')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates of this PEM bundle as well')
            [CompletionResult]::new('--fresh', '--fresh', [CompletionResultType]::ParameterName, 'Pass over a run that had ended when the watch began, and wait for a new one')
            [CompletionResult]::new('--once', '--once', [CompletionResultType]::ParameterName, 'One poll: print the state and exit by it; still going is exit code 7')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Exit code 1 as soon as one unit has failed')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'A success with skipped machines (yunxiao) or failed entities (mrs) is a failure')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The same as --output quiet')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The same as --output quiet')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Write a line on stderr about each request: method, URL, status, bytes, time')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Write a line on stderr about each request: method, URL, status, bytes, time')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check certificates')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Send a secret over plain HTTP to a host that is not this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'deploywatch;mrs' {
            [CompletionResult]::new('--command', '--command', [CompletionResultType]::ParameterName, 'The command''s id, from the answer of the request that started it; given again, it watches several at once')
            [CompletionResult]::new('--endpoint', '--endpoint', [CompletionResultType]::ParameterName, 'The cluster''s Manager, usually https://<floating IP>:28443')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'The user who signs in [env: MRS_USER]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the password from FILE, - for stdin [env instead: MRS_PASSWORD]')
            [CompletionResult]::new('--auth', '--auth', [CompletionResultType]::ParameterName, 'How to sign in: basic, cas (a Kerberos cluster of the older Manager), or none')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Give up after this long, time asleep counted: exit code 124 [default: none]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long, time asleep counted: exit code 124 [default: none]')
            [CompletionResult]::new('--stall-timeout', '--stall-timeout', [CompletionResultType]::ParameterName, 'Give up when nothing has changed for this long: exit code 124 [default: none]')
            [CompletionResult]::new('--max-offline', '--max-offline', [CompletionResultType]::ParameterName, 'How long polls may fail in a row before contact counts as lost: exit code 6; 0s = the first failure')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'How long one request may take, from connecting to the last byte')
            [CompletionResult]::new('--on-pause', '--on-pause', [CompletionResultType]::ParameterName, 'When the deployment waits for a person: auto watches on, but a pause after a failure is a failure; wait always watches on; exit ends with code 4, or 1 after a failure')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to show the watch: bars is a live picture on stderr, plain a line for each change, json an event per line, quiet only what went wrong; auto is bars at a terminal, else plain')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to show the watch: bars is a live picture on stderr, plain a line for each change, json an event per line, quiet only what went wrong; auto is bars at a terminal, else plain')
            [CompletionResult]::new('--events', '--events', [CompletionResultType]::ParameterName, 'Write the event stream to FILE as well')
            [CompletionResult]::new('--junit', '--junit', [CompletionResultType]::ParameterName, 'Write a JUnit XML report to FILE at the end: a test case for each unit')
            [CompletionResult]::new('--summary', '--summary', [CompletionResultType]::ParameterName, 'Write a summary in Markdown to FILE at the end; GitHub Actions gets one without being asked')
            [CompletionResult]::new('--capture', '--capture', [CompletionResultType]::ParameterName, 'Write every poll to FILE as it came, secrets masked, for `deploywatch replay`')
            [CompletionResult]::new('--logs', '--logs', [CompletionResultType]::ParameterName, 'The last lines shown of the log of each failed unit, where the provider has one; 0 = none')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates of this PEM bundle as well')
            [CompletionResult]::new('--fresh', '--fresh', [CompletionResultType]::ParameterName, 'Pass over a run that had ended when the watch began, and wait for a new one')
            [CompletionResult]::new('--once', '--once', [CompletionResultType]::ParameterName, 'One poll: print the state and exit by it; still going is exit code 7')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Exit code 1 as soon as one unit has failed')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'A success with skipped machines (yunxiao) or failed entities (mrs) is a failure')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The same as --output quiet')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The same as --output quiet')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Write a line on stderr about each request: method, URL, status, bytes, time')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Write a line on stderr about each request: method, URL, status, bytes, time')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check certificates')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Send a secret over plain HTTP to a host that is not this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'deploywatch;fsd' {
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'The key of the deployment')
            [CompletionResult]::new('--operation', '--operation', [CompletionResultType]::ParameterName, 'Which of the installer''s operations')
            [CompletionResult]::new('--endpoint', '--endpoint', [CompletionResultType]::ParameterName, 'Where the installer is')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Give up after this long, time asleep counted: exit code 124 [default: none]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long, time asleep counted: exit code 124 [default: none]')
            [CompletionResult]::new('--stall-timeout', '--stall-timeout', [CompletionResultType]::ParameterName, 'Give up when nothing has changed for this long: exit code 124 [default: none]')
            [CompletionResult]::new('--max-offline', '--max-offline', [CompletionResultType]::ParameterName, 'How long polls may fail in a row before contact counts as lost: exit code 6; 0s = the first failure')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'How long one request may take, from connecting to the last byte')
            [CompletionResult]::new('--on-pause', '--on-pause', [CompletionResultType]::ParameterName, 'When the deployment waits for a person: auto watches on, but a pause after a failure is a failure; wait always watches on; exit ends with code 4, or 1 after a failure')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to show the watch: bars is a live picture on stderr, plain a line for each change, json an event per line, quiet only what went wrong; auto is bars at a terminal, else plain')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to show the watch: bars is a live picture on stderr, plain a line for each change, json an event per line, quiet only what went wrong; auto is bars at a terminal, else plain')
            [CompletionResult]::new('--events', '--events', [CompletionResultType]::ParameterName, 'Write the event stream to FILE as well')
            [CompletionResult]::new('--junit', '--junit', [CompletionResultType]::ParameterName, 'Write a JUnit XML report to FILE at the end: a test case for each unit')
            [CompletionResult]::new('--summary', '--summary', [CompletionResultType]::ParameterName, 'Write a summary in Markdown to FILE at the end; GitHub Actions gets one without being asked')
            [CompletionResult]::new('--capture', '--capture', [CompletionResultType]::ParameterName, 'Write every poll to FILE as it came, secrets masked, for `deploywatch replay`')
            [CompletionResult]::new('--logs', '--logs', [CompletionResultType]::ParameterName, 'The last lines shown of the log of each failed unit, where the provider has one; 0 = none')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates of this PEM bundle as well')
            [CompletionResult]::new('--fresh', '--fresh', [CompletionResultType]::ParameterName, 'Pass over a run that had ended when the watch began, and wait for a new one')
            [CompletionResult]::new('--once', '--once', [CompletionResultType]::ParameterName, 'One poll: print the state and exit by it; still going is exit code 7')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Exit code 1 as soon as one unit has failed')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'A success with skipped machines (yunxiao) or failed entities (mrs) is a failure')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The same as --output quiet')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The same as --output quiet')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Write a line on stderr about each request: method, URL, status, bytes, time')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Write a line on stderr about each request: method, URL, status, bytes, time')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check certificates')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Send a secret over plain HTTP to a host that is not this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'deploywatch;all' {
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Give up after this long, time asleep counted: exit code 124 [default: none]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long, time asleep counted: exit code 124 [default: none]')
            [CompletionResult]::new('--stall-timeout', '--stall-timeout', [CompletionResultType]::ParameterName, 'Give up when nothing has changed for this long: exit code 124 [default: none]')
            [CompletionResult]::new('--max-offline', '--max-offline', [CompletionResultType]::ParameterName, 'How long polls may fail in a row before contact counts as lost: exit code 6; 0s = the first failure')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'How long one request may take, from connecting to the last byte')
            [CompletionResult]::new('--on-pause', '--on-pause', [CompletionResultType]::ParameterName, 'When the deployment waits for a person: auto watches on, but a pause after a failure is a failure; wait always watches on; exit ends with code 4, or 1 after a failure')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to show the watch: bars is a live picture on stderr, plain a line for each change, json an event per line, quiet only what went wrong; auto is bars at a terminal, else plain')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to show the watch: bars is a live picture on stderr, plain a line for each change, json an event per line, quiet only what went wrong; auto is bars at a terminal, else plain')
            [CompletionResult]::new('--events', '--events', [CompletionResultType]::ParameterName, 'Write the event stream to FILE as well')
            [CompletionResult]::new('--junit', '--junit', [CompletionResultType]::ParameterName, 'Write a JUnit XML report to FILE at the end: a test case for each unit')
            [CompletionResult]::new('--summary', '--summary', [CompletionResultType]::ParameterName, 'Write a summary in Markdown to FILE at the end; GitHub Actions gets one without being asked')
            [CompletionResult]::new('--capture', '--capture', [CompletionResultType]::ParameterName, 'Write every poll to FILE as it came, secrets masked, for `deploywatch replay`')
            [CompletionResult]::new('--logs', '--logs', [CompletionResultType]::ParameterName, 'The last lines shown of the log of each failed unit, where the provider has one; 0 = none')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates of this PEM bundle as well')
            [CompletionResult]::new('--fresh', '--fresh', [CompletionResultType]::ParameterName, 'Pass over a run that had ended when the watch began, and wait for a new one')
            [CompletionResult]::new('--once', '--once', [CompletionResultType]::ParameterName, 'One poll: print the state and exit by it; still going is exit code 7')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Exit code 1 as soon as one unit has failed')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'A success with skipped machines (yunxiao) or failed entities (mrs) is a failure')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The same as --output quiet')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The same as --output quiet')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Write a line on stderr about each request: method, URL, status, bytes, time')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Write a line on stderr about each request: method, URL, status, bytes, time')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check certificates')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Send a secret over plain HTTP to a host that is not this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'deploywatch;replay' {
            [CompletionResult]::new('--speed', '--speed', [CompletionResultType]::ParameterName, 'How many times as fast as it was recorded')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Give up after this long, time asleep counted: exit code 124 [default: none]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long, time asleep counted: exit code 124 [default: none]')
            [CompletionResult]::new('--stall-timeout', '--stall-timeout', [CompletionResultType]::ParameterName, 'Give up when nothing has changed for this long: exit code 124 [default: none]')
            [CompletionResult]::new('--max-offline', '--max-offline', [CompletionResultType]::ParameterName, 'How long polls may fail in a row before contact counts as lost: exit code 6; 0s = the first failure')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'How long one request may take, from connecting to the last byte')
            [CompletionResult]::new('--on-pause', '--on-pause', [CompletionResultType]::ParameterName, 'When the deployment waits for a person: auto watches on, but a pause after a failure is a failure; wait always watches on; exit ends with code 4, or 1 after a failure')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to show the watch: bars is a live picture on stderr, plain a line for each change, json an event per line, quiet only what went wrong; auto is bars at a terminal, else plain')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to show the watch: bars is a live picture on stderr, plain a line for each change, json an event per line, quiet only what went wrong; auto is bars at a terminal, else plain')
            [CompletionResult]::new('--events', '--events', [CompletionResultType]::ParameterName, 'Write the event stream to FILE as well')
            [CompletionResult]::new('--junit', '--junit', [CompletionResultType]::ParameterName, 'Write a JUnit XML report to FILE at the end: a test case for each unit')
            [CompletionResult]::new('--summary', '--summary', [CompletionResultType]::ParameterName, 'Write a summary in Markdown to FILE at the end; GitHub Actions gets one without being asked')
            [CompletionResult]::new('--capture', '--capture', [CompletionResultType]::ParameterName, 'Write every poll to FILE as it came, secrets masked, for `deploywatch replay`')
            [CompletionResult]::new('--logs', '--logs', [CompletionResultType]::ParameterName, 'The last lines shown of the log of each failed unit, where the provider has one; 0 = none')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates of this PEM bundle as well')
            [CompletionResult]::new('--fresh', '--fresh', [CompletionResultType]::ParameterName, 'Pass over a run that had ended when the watch began, and wait for a new one')
            [CompletionResult]::new('--once', '--once', [CompletionResultType]::ParameterName, 'One poll: print the state and exit by it; still going is exit code 7')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Exit code 1 as soon as one unit has failed')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'A success with skipped machines (yunxiao) or failed entities (mrs) is a failure')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The same as --output quiet')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The same as --output quiet')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Write a line on stderr about each request: method, URL, status, bytes, time')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Write a line on stderr about each request: method, URL, status, bytes, time')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check certificates')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Send a secret over plain HTTP to a host that is not this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'deploywatch;demo' {
            [CompletionResult]::new('--scenario', '--scenario', [CompletionResultType]::ParameterName, 'How the deployment goes')
            [CompletionResult]::new('--units', '--units', [CompletionResultType]::ParameterName, 'How many units it has [default: as many as look well for the system]')
            [CompletionResult]::new('--duration', '--duration', [CompletionResultType]::ParameterName, 'How long it takes')
            [CompletionResult]::new('--serve', '--serve', [CompletionResultType]::ParameterName, 'Only serve, on this address of this machine, and print the command that watches it')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Give up after this long, time asleep counted: exit code 124 [default: none]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long, time asleep counted: exit code 124 [default: none]')
            [CompletionResult]::new('--stall-timeout', '--stall-timeout', [CompletionResultType]::ParameterName, 'Give up when nothing has changed for this long: exit code 124 [default: none]')
            [CompletionResult]::new('--max-offline', '--max-offline', [CompletionResultType]::ParameterName, 'How long polls may fail in a row before contact counts as lost: exit code 6; 0s = the first failure')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'How long one request may take, from connecting to the last byte')
            [CompletionResult]::new('--on-pause', '--on-pause', [CompletionResultType]::ParameterName, 'When the deployment waits for a person: auto watches on, but a pause after a failure is a failure; wait always watches on; exit ends with code 4, or 1 after a failure')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to show the watch: bars is a live picture on stderr, plain a line for each change, json an event per line, quiet only what went wrong; auto is bars at a terminal, else plain')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to show the watch: bars is a live picture on stderr, plain a line for each change, json an event per line, quiet only what went wrong; auto is bars at a terminal, else plain')
            [CompletionResult]::new('--events', '--events', [CompletionResultType]::ParameterName, 'Write the event stream to FILE as well')
            [CompletionResult]::new('--junit', '--junit', [CompletionResultType]::ParameterName, 'Write a JUnit XML report to FILE at the end: a test case for each unit')
            [CompletionResult]::new('--summary', '--summary', [CompletionResultType]::ParameterName, 'Write a summary in Markdown to FILE at the end; GitHub Actions gets one without being asked')
            [CompletionResult]::new('--capture', '--capture', [CompletionResultType]::ParameterName, 'Write every poll to FILE as it came, secrets masked, for `deploywatch replay`')
            [CompletionResult]::new('--logs', '--logs', [CompletionResultType]::ParameterName, 'The last lines shown of the log of each failed unit, where the provider has one; 0 = none')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates of this PEM bundle as well')
            [CompletionResult]::new('--fresh', '--fresh', [CompletionResultType]::ParameterName, 'Pass over a run that had ended when the watch began, and wait for a new one')
            [CompletionResult]::new('--once', '--once', [CompletionResultType]::ParameterName, 'One poll: print the state and exit by it; still going is exit code 7')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Exit code 1 as soon as one unit has failed')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'A success with skipped machines (yunxiao) or failed entities (mrs) is a failure')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The same as --output quiet')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The same as --output quiet')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Write a line on stderr about each request: method, URL, status, bytes, time')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Write a line on stderr about each request: method, URL, status, bytes, time')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check certificates')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Send a secret over plain HTTP to a host that is not this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'deploywatch;completions' {
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Give up after this long, time asleep counted: exit code 124 [default: none]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this long, time asleep counted: exit code 124 [default: none]')
            [CompletionResult]::new('--stall-timeout', '--stall-timeout', [CompletionResultType]::ParameterName, 'Give up when nothing has changed for this long: exit code 124 [default: none]')
            [CompletionResult]::new('--max-offline', '--max-offline', [CompletionResultType]::ParameterName, 'How long polls may fail in a row before contact counts as lost: exit code 6; 0s = the first failure')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'How long one request may take, from connecting to the last byte')
            [CompletionResult]::new('--on-pause', '--on-pause', [CompletionResultType]::ParameterName, 'When the deployment waits for a person: auto watches on, but a pause after a failure is a failure; wait always watches on; exit ends with code 4, or 1 after a failure')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to show the watch: bars is a live picture on stderr, plain a line for each change, json an event per line, quiet only what went wrong; auto is bars at a terminal, else plain')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to show the watch: bars is a live picture on stderr, plain a line for each change, json an event per line, quiet only what went wrong; auto is bars at a terminal, else plain')
            [CompletionResult]::new('--events', '--events', [CompletionResultType]::ParameterName, 'Write the event stream to FILE as well')
            [CompletionResult]::new('--junit', '--junit', [CompletionResultType]::ParameterName, 'Write a JUnit XML report to FILE at the end: a test case for each unit')
            [CompletionResult]::new('--summary', '--summary', [CompletionResultType]::ParameterName, 'Write a summary in Markdown to FILE at the end; GitHub Actions gets one without being asked')
            [CompletionResult]::new('--capture', '--capture', [CompletionResultType]::ParameterName, 'Write every poll to FILE as it came, secrets masked, for `deploywatch replay`')
            [CompletionResult]::new('--logs', '--logs', [CompletionResultType]::ParameterName, 'The last lines shown of the log of each failed unit, where the provider has one; 0 = none')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read; json, --events and --junit are never translated [default: that of the locale: LC_ALL, LC_MESSAGES, LANG]')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates of this PEM bundle as well')
            [CompletionResult]::new('--fresh', '--fresh', [CompletionResultType]::ParameterName, 'Pass over a run that had ended when the watch began, and wait for a new one')
            [CompletionResult]::new('--once', '--once', [CompletionResultType]::ParameterName, 'One poll: print the state and exit by it; still going is exit code 7')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Exit code 1 as soon as one unit has failed')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'A success with skipped machines (yunxiao) or failed entities (mrs) is a failure')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The same as --output quiet')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The same as --output quiet')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Write a line on stderr about each request: method, URL, status, bytes, time')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Write a line on stderr about each request: method, URL, status, bytes, time')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check certificates')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Send a secret over plain HTTP to a host that is not this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'deploywatch;help' {
            [CompletionResult]::new('yunxiao', 'yunxiao', [CompletionResultType]::ParameterValue, 'Alibaba Cloud Yunxiao Flow: host deploy order')
            [CompletionResult]::new('codearts', 'codearts', [CompletionResultType]::ParameterValue, 'Huawei Cloud CodeArts Deploy: deployment task')
            [CompletionResult]::new('servicestage', 'servicestage', [CompletionResultType]::ParameterValue, 'Huawei Cloud ServiceStage: release task')
            [CompletionResult]::new('mrs', 'mrs', [CompletionResultType]::ParameterValue, 'Huawei MRS / FusionInsight Manager: command')
            [CompletionResult]::new('fsd', 'fsd', [CompletionResultType]::ParameterValue, 'klcloud FSD installer')
            [CompletionResult]::new('all', 'all', [CompletionResultType]::ParameterValue, 'Several deployments at once, from a TOML file')
            [CompletionResult]::new('replay', 'replay', [CompletionResultType]::ParameterValue, 'Play a recorded watch again')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Watch a simulated deployment: no account, no network')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a shell completion script')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'deploywatch;help;yunxiao' {
            break
        }
        'deploywatch;help;codearts' {
            break
        }
        'deploywatch;help;servicestage' {
            break
        }
        'deploywatch;help;mrs' {
            break
        }
        'deploywatch;help;fsd' {
            break
        }
        'deploywatch;help;all' {
            break
        }
        'deploywatch;help;replay' {
            break
        }
        'deploywatch;help;demo' {
            break
        }
        'deploywatch;help;completions' {
            break
        }
        'deploywatch;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
