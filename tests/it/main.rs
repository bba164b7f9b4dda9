//! The black-box tests: the built binary against a scripted server, in pipes and in a terminal.
//!
//! One binary for all of them links once and shares one test runner; `support` is what the tests
//! are written with.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "in a test a panic is the failure, and its line says where"
)]

mod all;
mod ci;
mod ci_pieces;
mod cli;
mod codearts;
mod completions;
mod config;
mod demo;
mod events;
mod faults;
mod field_ends;
mod field_limits;
mod field_reasons;
mod field_secrets;
mod field_text;
mod field_verdicts;
mod fsd;
mod history;
mod hostile;
mod huawei;
mod lang;
mod machine;
mod man;
mod manners;
mod mrs;
mod mrs_sign_in;
mod output;
mod picture;
mod pipeline;
mod reading;
mod readme;
mod replay;
mod robust;
mod screen;
mod secrets;
mod servicestage;
mod shells;
mod signals;
mod support;
mod tls;
mod whole_run;
mod yunxiao;
