//! Tables as files: CSV for spreadsheets, Parquet for analysis. One list of columns makes both, so that they cannot differ.

pub(crate) mod recall;
pub(crate) mod zone_days;

use std::sync::Arc;

use jiff::civil::Date;
use parquet::column::writer::ColumnWriterImpl;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use crate::clock::rfc3339;

/// What a column holds; the same in every row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Whole,
    Number,
    Flag,
    /// A local day.
    Day,
    /// Unix milliseconds, as UTC.
    Time,
}

/// One value of a column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Whole(i64),
    Number(f64),
    Flag(bool),
    Day(Date),
    Time(i64),
}

/// A column of a table whose rows are `R`.
pub(crate) struct Column<R: 'static> {
    pub(crate) name: &'static str,
    of: Type,
    /// May a row have no value? Then CSV has an empty cell, and Parquet a null.
    nullable: bool,
    value: fn(&R) -> Option<Value>,
}

impl<R> Column<R> {
    pub(crate) const fn new(name: &'static str, of: Type, value: fn(&R) -> Option<Value>) -> Self {
        Self { name, of, nullable: false, value }
    }

    pub(crate) const fn nullable(name: &'static str, of: Type, value: fn(&R) -> Option<Value>) -> Self {
        Self { name, of, nullable: true, value }
    }
}

/// A table for a file.
pub(crate) struct Table<'a, R: 'static> {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [Column<R>],
    pub(crate) rows: Vec<&'a R>,
    /// Under which definition of clearance it was made: the last column of each row.
    pub(crate) definition: i64,
    /// What belongs to the file as a whole, for Parquet's key-value metadata.
    pub(crate) notes: Vec<(String, String)>,
}

/// What a spreadsheet would take for a formula is marked as text.
fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}

fn cell(value: Option<Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::Text(text)) => harmless(text),
        Some(Value::Whole(number)) => number.to_string(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Flag(flag)) => flag.to_string(),
        Some(Value::Day(date)) => date.to_string(),
        Some(Value::Time(ms)) => rfc3339(ms),
    }
}

/// CSV with a header line (RFC 4180, UTF-8 with the mark that spreadsheets want).
pub(crate) fn csv<R>(table: &Table<'_, R>) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    out.write_record(table.columns.iter().map(|column| column.name).chain(["definition"]))?;
    let version = table.definition.to_string();
    for row in &table.rows {
        let cells = table.columns.iter().map(|column| cell((column.value)(row)));
        out.write_record(cells.chain([version.clone()]))?;
    }
    out.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

fn schema<R>(table: &Table<'_, R>) -> String {
    let line = |name: &str, of: Type, nullable: bool| {
        let repetition = if nullable { "OPTIONAL" } else { "REQUIRED" };
        let kind = match of {
            Type::Text => format!("BINARY {name} (STRING)"),
            Type::Whole => format!("INT64 {name}"),
            Type::Number => format!("DOUBLE {name}"),
            Type::Flag => format!("BOOLEAN {name}"),
            Type::Day => format!("INT32 {name} (DATE)"),
            Type::Time => format!("INT64 {name} (TIMESTAMP(MICROS,true))"),
        };
        format!("{repetition} {kind};")
    };
    let columns = table.columns.iter().map(|column| line(column.name, column.of, column.nullable));
    let columns: Vec<String> = columns.chain([line("definition", Type::Whole, false)]).collect();
    format!("message {} {{ {} }}", table.name, columns.join(" "))
}

fn days_since_1970(date: Date) -> i32 {
    let epoch = jiff::civil::date(1970, 1, 1);
    date.since(epoch).map_or(0, |span| span.get_days())
}

fn other_type(name: &str) -> ParquetError {
    ParquetError::General(format!("column {name} has a value of another type"))
}

/// Writes the values of one column that there are; `levels` says which rows have one.
fn write<D: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    name: &str,
    values: &[Option<Value>],
    nullable: bool,
    of: impl Fn(&Value) -> Option<D::T>,
) -> Result<(), ParquetError> {
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let present: Vec<D::T> =
        values.iter().flatten().map(|value| of(value).ok_or_else(|| other_type(name))).collect::<Result<_, _>>()?;
    if !nullable && present.len() < values.len() {
        return Err(ParquetError::General(format!("column {name} has a row without a value")));
    }
    let Some(mut column) = group.next_column()? else { return Err(other_type(name)) };
    let writer: &mut ColumnWriterImpl<'_, D> = column.typed::<D>();
    writer.write_batch(&present, nullable.then_some(levels.as_slice()), None)?;
    column.close()
}

fn write_column(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    (name, of, nullable): (&str, Type, bool),
    values: &[Option<Value>],
) -> Result<(), ParquetError> {
    match of {
        Type::Text => write::<ByteArrayType>(group, name, values, nullable, |value| match value {
            Value::Text(text) => Some(ByteArray::from(text.as_str())),
            _ => None,
        }),
        Type::Whole => write::<Int64Type>(group, name, values, nullable, |value| match value {
            Value::Whole(number) => Some(*number),
            _ => None,
        }),
        Type::Number => write::<DoubleType>(group, name, values, nullable, |value| match value {
            Value::Number(number) => Some(*number),
            _ => None,
        }),
        Type::Flag => write::<BoolType>(group, name, values, nullable, |value| match value {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        }),
        Type::Day => write::<Int32Type>(group, name, values, nullable, |value| match value {
            Value::Day(date) => Some(days_since_1970(*date)),
            _ => None,
        }),
        Type::Time => write::<Int64Type>(group, name, values, nullable, |value| match value {
            Value::Time(ms) => Some(ms * 1000),
            _ => None,
        }),
    }
}

/// Parquet, uncompressed, in one row group: a year of a city's zone-days are some tens of megabytes.
pub(crate) fn parquet<R>(table: &Table<'_, R>) -> Result<Vec<u8>, ParquetError> {
    let notes = table.notes.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
    let properties = WriterProperties::builder().set_key_value_metadata(Some(notes)).build();
    let schema = Arc::new(parse_message_type(&schema(table))?);
    let mut out = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    let mut group = out.next_row_group()?;
    for column in table.columns {
        let values: Vec<Option<Value>> = table.rows.iter().map(|row| (column.value)(row)).collect();
        write_column(&mut group, (column.name, column.of, column.nullable), &values)?;
    }
    let definition = vec![Some(Value::Whole(table.definition)); table.rows.len()];
    write_column(&mut group, ("definition", Type::Whole, false), &definition)?;
    group.close()?;
    out.into_inner()
}
