/**
 * A step for Jenkins pipelines that watches a deployment, and passes only if the provider reports success. It is
 * vars/deploywatch.groovy of a shared library; deploywatch is on the PATH of the agent.
 *
 *     environment { YUNXIAO_ACCESS_TOKEN = credentials('yunxiao-access-token') }
 *     steps {
 *       deploywatch(['yunxiao', '--pipeline', '123', '--order', params.ORDER, '--timeout', '30m'])
 *     }
 */
void call(List<String> arguments) {
    if (arguments.any { argument -> argument =~ /\n/ }) {
        error 'deploywatch: an argument is one line'
    }
    withEnv(["DEPLOYWATCH_ARGUMENTS=${arguments.join('\n')}"]) {
        try {
            sh 'set -f; IFS="\n"; exec deploywatch $DEPLOYWATCH_ARGUMENTS --junit deployment.xml'
        } finally {
            junit testResults: 'deployment.xml', allowEmptyResults: true
        }
    }
}
