//! The pieces for CI systems: what can be said of the files without those systems. scripts/check-ci-pieces
//! lints and runs them.

use saphyr::{LoadableYamlNode, Yaml};

const PIECES: [(&str, &str); 5] = [
    ("action.yml", include_str!("../../action.yml")),
    ("gitlab.yml", include_str!("../../packaging/gitlab.yml")),
    ("yunxiao.yml", include_str!("../../packaging/yunxiao.yml")),
    (
        "kubernetes-job.yaml",
        include_str!("../../packaging/kubernetes-job.yaml"),
    ),
    (
        "kubernetes-indexed-job.yaml",
        include_str!("../../packaging/kubernetes-indexed-job.yaml"),
    ),
];

#[test]
fn the_pieces_are_yaml_and_name_this_version() {
    for (name, text) in PIECES {
        let documents = Yaml::load_from_str(text).unwrap();
        assert!(documents[0].is_mapping(), "{name}");
        let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
        let versions =
            words.filter(|word| word.split('.').filter(|part| !part.is_empty()).count() == 3);
        let versions = Vec::from_iter(versions.map(|word| word.trim_matches('.')));
        assert!(!versions.is_empty(), "{name}");
        assert!(
            versions
                .iter()
                .all(|version| *version == env!("CARGO_PKG_VERSION")),
            "{name}: {versions:?}"
        );
    }
}

/// No expression stands in the text of a shell: its value would be run.
#[test]
fn the_action_gives_inputs_to_the_shell_by_the_environment_alone() {
    let action = Yaml::load_from_str(PIECES[0].1).unwrap();
    let steps = action[0]["runs"]["steps"].as_vec().unwrap();
    let scripts = Vec::from_iter(steps.iter().map(|step| step["run"].as_str().unwrap()));
    assert_eq!(scripts.len(), 2);
    for script in scripts {
        assert!(!script.contains("${{"), "{script}");
    }
}
