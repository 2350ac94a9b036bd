//! One ONNX Runtime session: opened, its inputs checked, its outputs fitted to a family, and run.

use std::borrow::Cow;
use std::path::Path;

use ort::ep::ExecutionProvider;
use ort::logging::LogLevel;
use ort::session::builder::SessionBuilder;
use ort::session::{Session, SessionInputValue};
use ort::value::{TensorElementType, TensorRef, ValueRef, ValueType};

use crate::decode::{Head, Raw, Tensor};
use crate::engine::{DetectError, EngineError, Provider};
use crate::family::{Family, OutputShape};
use crate::model::ModelFolder;
use crate::runtime;

/// A model's input as it declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageInput {
    name: String,
    /// May several pictures be run together?
    pub(crate) any_batch: bool,
    /// `None` where the model takes any.
    pub(crate) height: Option<u32>,
    /// `None` where the model takes any.
    pub(crate) width: Option<u32>,
}

/// An opened model whose inputs are understood.
#[derive(Debug)]
pub(crate) struct Opened {
    session: Session,
    pub(crate) image: ImageInput,
    /// The name of the input that takes the picture's width and height, where there is one.
    sizes: Option<String>,
    /// Several pictures, one after the other; kept between runs.
    joined: Vec<f32>,
}

/// One output, copied only where its numbers are not floats.
struct Output<'a> {
    dims: Vec<usize>,
    data: Cow<'a, [f32]>,
}

/// Why a run failed; the caller knows the model.
#[derive(Debug)]
pub(crate) enum RunFailure {
    Ort(ort::Error),
    Output(String),
}

impl From<ort::Error> for RunFailure {
    fn from(error: ort::Error) -> Self {
        Self::Ort(error)
    }
}

impl Opened {
    /// Opens an ONNX file and checks that it takes a picture, and perhaps its size, and nothing else.
    pub(crate) fn open(path: &Path, provider: Provider, threads: usize) -> Result<Self, EngineError> {
        let environment = runtime::environment()?;
        let load = |source| EngineError::Load { path: path.to_owned(), source };
        let builder = Session::builder(&environment).map_err(load)?;
        // Warnings about a graph's style are for who made it, and there are hundreds per file.
        let builder = builder.with_log_level(LogLevel::Error).map_err(|error| load(error.into()))?;
        let builder = builder.with_intra_threads(threads.max(1)).map_err(|error| load(error.into()))?;
        // Spinning threads would burn a core per session between frames.
        let builder = builder.with_config_entry("session.intra_op.allow_spinning", "0").map_err(|error| load(error.into()))?;
        let mut builder = with_provider(builder, provider)?;
        let session = builder.commit_from_file(path).map_err(load)?;
        let refuse = |reason: String| EngineError::Input { path: path.to_owned(), reason };
        let mut image = None;
        let mut sizes = None;
        for input in session.inputs() {
            let ValueType::Tensor { ty, shape, .. } = input.dtype() else {
                return Err(refuse(format!("input {:?} is no tensor", input.name())));
            };
            match (ty, &shape[..]) {
                (TensorElementType::Float32, [batch, 3 | -1, height, width]) if image.is_none() => {
                    if *batch != 1 && *batch != -1 {
                        return Err(refuse(format!("its batch is fixed to {batch}; export it with 1 or with a dynamic batch")));
                    }
                    let side = |value: i64| u32::try_from(value).ok();
                    image = Some(ImageInput {
                        name: input.name().to_owned(),
                        any_batch: *batch == -1,
                        height: side(*height),
                        width: side(*width),
                    });
                }
                (TensorElementType::Int64, [_, 2 | -1]) if sizes.is_none() => sizes = Some(input.name().to_owned()),
                _ => return Err(refuse(format!("input {:?} ({ty} {:?}) is not understood", input.name(), &shape[..]))),
            }
        }
        let image = image.ok_or_else(|| refuse("it has no input of 32 bit floats [batch, 3, height, width]".to_owned()))?;
        Ok(Self { session, image, sizes, joined: Vec::new() })
    }

    /// The class names some exporters leave in the file (`names`: a Python dictionary of index to name).
    pub(crate) fn class_names(&self) -> Option<Vec<String>> {
        parse_names(&self.session.metadata().ok()?.custom("names")?)
    }

    pub(crate) fn takes_sizes(&self) -> bool {
        self.sizes.is_some()
    }

    /// The shapes of the outputs for one empty picture of `size` (width, height), which only a run tells for sure.
    pub(crate) fn probe(&mut self, size: (u32, u32), pictures: usize) -> Result<Vec<OutputShape>, RunFailure> {
        let names: Vec<String> = self.session.outputs().iter().map(|output| output.name().to_owned()).collect();
        let empty = vec![0.0; 3 * size.0 as usize * size.1 as usize];
        self.run(size, &vec![empty.as_slice(); pictures], |outputs| {
            names.into_iter().zip(outputs).map(|(name, output)| OutputShape { name, dims: output.dims[1..].to_vec() }).collect()
        })
    }

    fn run<T>(
        &mut self,
        (width, height): (u32, u32),
        pictures: &[&[f32]],
        read: impl FnOnce(&[Output<'_>]) -> T,
    ) -> Result<T, RunFailure> {
        let batch = pictures.len();
        let data: &[f32] = match pictures {
            [one] => one,
            many => {
                self.joined.clear();
                many.iter().for_each(|picture| self.joined.extend_from_slice(picture));
                &self.joined
            }
        };
        let sizes: Vec<i64> = [i64::from(width), i64::from(height)].repeat(batch);
        let image = TensorRef::from_array_view(([batch, 3, height as usize, width as usize], data))?;
        let mut inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = vec![(self.image.name.as_str().into(), image.into())];
        if let Some(name) = &self.sizes {
            inputs.push((name.as_str().into(), TensorRef::from_array_view(([batch, 2], sizes.as_slice()))?.into()));
        }
        let results = self.session.run(inputs)?;
        let values: Vec<_> = results.iter().collect();
        let outputs = values.iter().map(|(name, value)| output(name, value, batch)).collect::<Result<Vec<_>, _>>()?;
        Ok(read(&outputs))
    }
}

fn output<'a>(name: &str, value: &'a ValueRef<'_>, batch: usize) -> Result<Output<'a>, RunFailure> {
    let ValueType::Tensor { ty, shape, .. } = value.dtype() else {
        return Err(RunFailure::Output(format!("output {name:?} is no tensor")));
    };
    let dims: Vec<usize> = shape.iter().map(|dim| usize::try_from(*dim).unwrap_or(0)).collect();
    if dims.first() != Some(&batch) {
        return Err(RunFailure::Output(format!("output {name:?} has shape {dims:?} for a batch of {batch}")));
    }
    let data = match ty {
        TensorElementType::Float32 => Cow::Borrowed(value.try_extract_tensor::<f32>()?.1),
        // Labels; a float holds every class number exactly.
        TensorElementType::Int64 => value.try_extract_tensor::<i64>()?.1.iter().map(|label| *label as f32).collect(),
        TensorElementType::Int32 => value.try_extract_tensor::<i32>()?.1.iter().map(|label| *label as f32).collect(),
        other => return Err(RunFailure::Output(format!("output {name:?} is of type {other}, not of 32 bit floats"))),
    };
    Ok(Output { dims, data })
}

fn with_provider(builder: SessionBuilder, provider: Provider) -> Result<SessionBuilder, EngineError> {
    use ort::ep::{CUDA, OpenVINO, TensorRT};
    let failed = |source: Option<ort::Error>| EngineError::Provider { provider, source };
    let (available, dispatch) = match provider {
        Provider::Cpu => return Ok(builder),
        Provider::Cuda => (CUDA::is_available(), vec![CUDA::default().build()]),
        // What TensorRT cannot do falls to CUDA before it falls to the processor.
        Provider::TensorRt => (TensorRT::is_available(), vec![TensorRT::default().build(), CUDA::default().build()]),
        Provider::OpenVino => (OpenVINO::is_available(), vec![OpenVINO::default().build()]),
    };
    match available {
        Ok(true) => {}
        Ok(false) => return Err(failed(None)),
        Err(source) => return Err(failed(Some(source))),
    }
    // Without `error_on_failure` a missing driver would be a log line and a silent, slow run on the processor.
    let dispatch: Vec<_> = dispatch.into_iter().map(|dispatch| dispatch.error_on_failure()).collect();
    builder.with_execution_providers(dispatch).map_err(|error| failed(Some(error.into())))
}

/// `{0: 'person', 1: "cart"}` to names in order; `None` unless the keys are 0, 1, 2, ….
fn parse_names(text: &str) -> Option<Vec<String>> {
    let mut rest = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    let mut names = Vec::new();
    while !rest.is_empty() {
        let (key, value) = rest.split_once(':')?;
        if key.trim().parse() != Ok(names.len()) {
            return None;
        }
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| *c == '\'' || *c == '"')?;
        let (name, after) = value[1..].split_once(quote)?;
        names.push(name.to_owned());
        rest = after.trim_start().trim_start_matches(',').trim_start();
    }
    (!names.is_empty()).then_some(names)
}

/// A model ready to run.
#[derive(Debug)]
pub(crate) struct Loaded {
    opened: Opened,
    head: Head,
    size: (u32, u32),
    /// Pictures it may be given at once.
    pub(crate) max_batch: usize,
}

impl Loaded {
    /// Opens a folder's model, runs it on an empty picture and fits what comes out.
    pub(crate) fn load(folder: &ModelFolder, provider: Provider, threads: usize, max_batch: usize) -> Result<Self, EngineError> {
        let mut opened = Opened::open(folder.onnx(), provider, threads)?;
        let path = folder.onnx();
        let size = (folder.input().size.width, folder.input().size.height);
        let differs = |model: Option<u32>, toml: u32| model.is_some_and(|model| model != toml);
        if differs(opened.image.width, size.0) || differs(opened.image.height, size.1) {
            let (w, h) = (opened.image.width.unwrap_or(size.0), opened.image.height.unwrap_or(size.1));
            let reason = format!("it takes pictures of {w}x{h}, and model.toml says {}x{}", size.0, size.1);
            return Err(EngineError::Input { path: path.to_owned(), reason });
        }
        if opened.takes_sizes() != (folder.family() == Family::Detr) {
            let reason = match opened.takes_sizes() {
                true => format!("it has a second input for sizes, which family {} has not", folder.family()),
                false => "family detr needs a second input of int64 [batch, 2]".to_owned(),
            };
            return Err(EngineError::Input { path: path.to_owned(), reason });
        }
        let outputs = opened.probe(size, 1).map_err(|failure| probe_error(path, failure))?;
        let head = Head::fit(folder.family(), size, folder.scores(), &outputs)
            .map_err(|source| EngineError::Fit { path: path.to_owned(), source })?;
        let mut max_batch = if opened.image.any_batch { max_batch.max(1) } else { 1 };
        // Exporters mark a batch as dynamic and then write a constant into a reshape; only trying tells.
        if max_batch > 1 && opened.probe(size, 2).is_err() {
            tracing::warn!(model = folder.name(), "says its batch is dynamic and fails with 2 pictures: run one by one");
            max_batch = 1;
        }
        Ok(Self { opened, head, size, max_batch })
    }

    /// The boxes of each picture, before suppression.
    pub(crate) fn detect(&mut self, pictures: &[&[f32]]) -> Result<Vec<Vec<Raw>>, DetectError> {
        let head = &self.head;
        let decoded = self.opened.run(self.size, pictures, |outputs| {
            (0..pictures.len())
                .map(|index| {
                    let tensors: Vec<_> = outputs
                        .iter()
                        .map(|output| {
                            let each = output.data.len() / pictures.len();
                            Tensor { dims: &output.dims[1..], data: &output.data[index * each..(index + 1) * each] }
                        })
                        .collect();
                    head.decode(&tensors)
                })
                .collect::<Result<Vec<_>, _>>()
        });
        match decoded {
            Ok(boxes) => Ok(boxes?),
            Err(RunFailure::Ort(source)) => Err(DetectError::Run { source: source.into() }),
            Err(RunFailure::Output(got)) => Err(self.head.changed(got).into()),
        }
    }
}

pub(crate) fn probe_error(path: &Path, failure: RunFailure) -> EngineError {
    match failure {
        RunFailure::Ort(source) => EngineError::Load { path: path.to_owned(), source },
        RunFailure::Output(reason) => EngineError::Input { path: path.to_owned(), reason },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_exporters_write_them() {
        let names = parse_names("{0: 'person', 1: \"street vendor's cart\", 2: 'a, b: c'}").unwrap();
        assert_eq!(names, ["person", "street vendor's cart", "a, b: c"]);
        for bad in ["", "{}", "['a']", "{1: 'a'}", "{0: a}", "{0: 'a"] {
            assert_eq!(parse_names(bad), None, "{bad}");
        }
    }
}
