# Prints each second how many machines are done, until the order succeeds.
while
  state=$(curl -q -s -H "x-yunxiao-token: $TOKEN" "$URL" |
    jq -r '"\(.status) \([.deployMachineInfo.deployMachines[] | select(.status == "Success")] | length)"')
  echo "$state"
  [ "${state% *}" != Success ]
do sleep 1; done
