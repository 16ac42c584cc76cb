//! Files of JSON lines, packed or not, and the objects in them.

use anyhow::{Context, Result, bail};
use bayplan::objects::Object;
use bayplan::objects::manifest::Reader;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// The lines of a file; `.gz` is unpacked.
///
/// # Errors
/// When the file cannot be read.
pub fn lines(path: &Path) -> Result<Vec<String>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let packed = path.extension().is_some_and(|extension| extension == "gz");
    let reader: Box<dyn Read> =
        if packed { Box::new(flate2::read::GzDecoder::new(file)) } else { Box::new(file) };
    let lines = BufReader::new(reader).lines().collect::<std::io::Result<Vec<_>>>();
    let mut lines = lines.with_context(|| path.display().to_string())?;
    lines.retain(|line| !line.trim().is_empty());
    Ok(lines)
}

/// Objects, each one JSON text, as the API server keeps them. What a scheduler was given is not
/// validated; kinds that decide nothing are left out.
///
/// # Errors
/// The first text that is no object.
pub fn objects<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Vec<Object>> {
    let mut reader = Reader::without_validation();
    texts.into_iter().for_each(|text| reader.feed(text.as_bytes()));
    let read = reader.finish();
    if let Some(fault) = read.faults.first() {
        bail!("{fault}");
    }
    Ok(read.objects.into_iter().map(|located| located.object).collect())
}
