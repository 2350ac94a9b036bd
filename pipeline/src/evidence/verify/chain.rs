//! The chain between the packages of a folder.

use std::collections::BTreeMap;

use super::{Checked, Finding, Problem, Report};

/// Worker, count and newest digest of a chain file.
pub(super) type Head = (String, u64, Option<String>);

/// Follows each worker's numbers from the first to the last package and adds what does not hold.
pub(super) fn check(partial: bool, head: Option<Head>, report: &mut Report) {
    let mut workers: BTreeMap<&str, BTreeMap<u64, Vec<&Checked>>> = BTreeMap::new();
    for checked in &report.packages {
        if let Some(link) = &checked.chain {
            workers.entry(&link.worker).or_default().entry(link.number).or_default().push(checked);
        }
    }
    let (mut faults, mut holes) = (Vec::new(), Vec::new());
    for (worker, numbers) in &workers {
        follow(worker, numbers, &mut faults, &mut holes);
    }
    if let Some((worker, count, newest)) = head {
        let last = workers.get(worker.as_str()).and_then(|numbers| numbers.last_key_value());
        let number = last.map_or(0, |(number, _)| *number);
        if number < count {
            holes.push(missing(&worker, number + 1, count, "that the worker's chain file counts"));
        } else if let Some((_, packages)) = last.filter(|_| number == count)
            && !packages.iter().any(|p| p.manifest_sha256 == newest)
        {
            faults.push(fault(
                packages[0],
                "its manifest is not the one that the worker's chain file names as the newest".to_owned(),
            ));
        }
    }
    if partial {
        report.notes.extend(holes.into_iter().map(|hole| hole.text));
    } else {
        faults.extend(holes);
    }
    report.findings.extend(faults);
}

fn follow(worker: &str, numbers: &BTreeMap<u64, Vec<&Checked>>, faults: &mut Vec<Finding>, holes: &mut Vec<Finding>) {
    let mut before: Option<(u64, &Checked)> = None;
    for (&number, packages) in numbers {
        for twin in &packages[1..] {
            let text = format!("claims number {number} in the chain of {worker}, as {} does", packages[0].package);
            faults.push(fault(twin, text));
        }
        let this = packages[0];
        let previous = this.chain.as_ref().and_then(|link| link.previous.as_deref());
        let expected = before.map_or(0, |(number, _)| number) + 1;
        match before {
            _ if number > expected => holes.push(missing(worker, expected, number - 1, "before the ones that are here")),
            Some((_, before)) if previous != before.manifest_sha256.as_deref() => {
                let text =
                    format!("the chain of {worker} is broken: number {number} does not follow {} as it is now", before.package);
                faults.push(fault(this, text));
            }
            None if previous.is_some() => {
                faults.push(fault(this, format!("is number 1 in the chain of {worker} and yet names one before it")));
            }
            _ => {}
        }
        before = Some((number, this));
    }
}

fn missing(worker: &str, from: u64, to: u64, which: &str) -> Finding {
    let numbers = if from == to { format!("package number {from}") } else { format!("packages number {from} to {to}") };
    Finding {
        package: String::new(),
        file: None,
        problem: Problem::Chain,
        text: format!("the chain of {worker} has a hole: {numbers} {which} {} missing", if from == to { "is" } else { "are" }),
    }
}

fn fault(package: &Checked, text: String) -> Finding {
    Finding { package: package.package.clone(), file: None, problem: Problem::Chain, text }
}
