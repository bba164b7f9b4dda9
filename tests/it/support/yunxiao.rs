//! Yunxiao's wire JSON, and the command line that watches an order.

use serde_json::{Value, json};

use super::{Program, Reply, SECRET, Server, deploywatch};

/// 200 and an order with this status, without machines.
pub(crate) fn order(status: &str) -> Reply {
    order_with(status, &[])
}

/// 200 and an order with this status and these machines: the address and the status of each.
pub(crate) fn order_with(status: &str, machines: &[(&str, &str)]) -> Reply {
    let mut order = Order::new(status);
    for (ip, status) in machines {
        order = order.machine(&format!("sn-{ip}"), ip, status, 1);
    }
    order.reply()
}

/// `deploywatch yunxiao` for order 1111 of pipeline 123 of the organization `org-1`, signed in with
/// the planted secret and polling the server each 20 ms.
pub(crate) fn yunxiao(server: &Server) -> Program {
    yunxiao_at(&server.url()).args(["--interval", "20ms"])
}

/// The same at any endpoint and at the default pace.
pub(crate) fn yunxiao_at(endpoint: &str) -> Program {
    deploywatch(["yunxiao", "--pipeline", "123", "--order", "1111"])
        .args(["--organization", "org-1", "--endpoint", endpoint])
        .env("YUNXIAO_ACCESS_TOKEN", SECRET)
}

/// A host deploy order as the vendor sends it.
#[derive(Clone)]
pub(crate) struct Order(Value);

impl Order {
    /// Order 1111 with this status, without machines, in batch 1 of 1.
    pub(crate) fn new(status: &str) -> Self {
        Self(json!({
            "deployOrderId": 1111,
            "status": status,
            "createTime": 1_729_178_040_000_u64,
            "updateTime": 1_729_178_040_000_u64,
            "creator": "someone",
            "currentBatch": 1,
            "totalBatch": 1,
            "exceptionCode": null,
            "actions": [{"type": "StopVMDeployOrder", "disable": false, "params": {}}],
            "deployMachineInfo": {"hostGroupId": 123, "batchNum": 1, "deployMachines": []},
        }))
    }

    /// The current batch, counted from 1, and how many there are.
    pub(crate) fn batch(mut self, current: u32, total: u32) -> Self {
        self.0["deployMachineInfo"]["batchNum"] = current.into();
        self.with("currentBatch", current).with("totalBatch", total)
    }

    /// Adds a machine whose agent answers.
    pub(crate) fn machine(self, sn: &str, ip: &str, status: &str, batch: u32) -> Self {
        self.machine_json(json!({
            "machineSn": sn,
            "ip": ip,
            "status": status,
            "clientStatus": "ok",
            "batchNum": batch,
            "createTime": 1_729_178_040_000_u64,
            "updateTime": 1_729_178_040_000_u64,
            "actions": [{"type": "RetryVMDeployMachine", "disable": true, "params": "map[]"}],
        }))
    }

    /// Adds so many machines with one status, named `PREFIX-0001` and on.
    pub(crate) fn machines(mut self, prefix: &str, count: usize, status: &str) -> Self {
        for n in 1..=count {
            let name = format!("{prefix}-{n:04}");
            self = self.machine(&format!("sn-{name}"), &name, status, 1);
        }
        self
    }

    /// Adds a machine as the test writes it.
    pub(crate) fn machine_json(mut self, machine: Value) -> Self {
        self.0["deployMachineInfo"]["deployMachines"]
            .as_array_mut()
            .unwrap()
            .push(machine);
        self
    }

    /// Sets a field of the order.
    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0[key] = value.into();
        self
    }

    /// The bare object, as the current API sends it.
    pub(crate) fn json(&self) -> String {
        self.0.to_string()
    }

    /// In the envelope of the 2021-06-25 API, where the order's id is a string.
    pub(crate) fn wrapped(&self) -> String {
        let order = self
            .clone()
            .with("deployOrderId", self.0["deployOrderId"].to_string());
        json!({
            "requestId": "r-1",
            "success": true,
            "errorCode": "",
            "errorMessage": "",
            "deployOrder": order.0,
        })
        .to_string()
    }

    /// 200 with the bare object.
    pub(crate) fn reply(&self) -> Reply {
        Reply::json(self.json())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::keys;

    #[test]
    fn an_order_has_the_fields_of_the_vendors_example() {
        let sample: Value =
            serde_json::from_str(include_str!("../../fixtures/yunxiao.response.json")).unwrap();
        let order = Order::new("Running")
            .batch(2, 3)
            .machine("sn-1", "192.0.2.1", "Running", 2);
        let built: Value = serde_json::from_str(&order.json()).unwrap();
        assert_eq!(keys(&built), keys(&sample));
        let machine = |value: &Value| value["deployMachineInfo"]["deployMachines"][0].clone();
        assert_eq!(keys(&machine(&built)), keys(&machine(&sample)));
        assert!(order.wrapped().contains(r#""deployOrderId":"1111""#));
    }
}
