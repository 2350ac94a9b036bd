//! Every number this crate reports, in one place.

use std::time::Duration;

/// A frame was looked at by a model.
pub(crate) fn frame(model: &str) {
    metrics::counter!("kerbwatch_inference_frames_total", "model" => model.to_owned()).increment(1);
}

/// A batch of `size` tiles ran for `took`.
pub(crate) fn batch(model: &str, size: usize, took: Duration) {
    metrics::histogram!("kerbwatch_inference_batch_size", "model" => model.to_owned()).record(size as f64);
    metrics::histogram!("kerbwatch_inference_seconds", "model" => model.to_owned()).record(took.as_secs_f64());
}

/// A frame was not looked at.
pub(crate) fn error(model: &str, reason: &'static str) {
    metrics::counter!("kerbwatch_inference_errors_total", "model" => model.to_owned(), "reason" => reason).increment(1);
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

    use super::*;

    /// Writes down what is registered.
    #[derive(Default)]
    struct Names(Mutex<Vec<String>>);

    impl Names {
        fn note(&self, key: &Key) {
            let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
            self.0.lock().unwrap().push(format!("{}{{{}}}", key.name(), labels.join(",")));
        }
    }

    impl Recorder for Names {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
            self.note(key);
            Counter::noop()
        }
        fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
            self.note(key);
            Gauge::noop()
        }
        fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
            self.note(key);
            Histogram::noop()
        }
    }

    #[test]
    fn names_and_labels_are_those_that_dashboards_use() {
        let names = Names::default();
        metrics::with_local_recorder(&names, || {
            frame("street");
            batch("street", 3, Duration::from_millis(5));
            error("street", "run");
        });
        assert_eq!(
            *names.0.lock().unwrap(),
            [
                "kerbwatch_inference_frames_total{model=street}",
                "kerbwatch_inference_batch_size{model=street}",
                "kerbwatch_inference_seconds{model=street}",
                "kerbwatch_inference_errors_total{model=street,reason=run}",
            ]
        );
    }
}
